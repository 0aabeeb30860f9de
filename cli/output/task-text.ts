import type { Task } from '../../shared/api/tasks.ts';
import { formatDuration } from '../../shared/durations.ts';
import { textOfLock } from '../../shared/lock-text.ts';
import { colourOfState } from './colours.ts';
import type { Field } from './fields.ts';
import { formatBytes } from './sizes.ts';
import { moment } from './times.ts';

/** `0 9 * * 1-5 Europe/Berlin`, `every 5 min`, `once` */
export function scheduleText({ type, cron, timeZone, everySeconds }: Task): string {
  if (type === 'Scheduled') return `${cron} ${timeZone ?? 'UTC'}`;
  return type === 'Interval' ? `every ${formatDuration(everySeconds ?? 0)}` : 'once';
}

export function taskFields(of: Task): Field[] {
  const { policy } = of;
  return [
    ['task', of.id],
    ['name', of.name],
    ['status', of.status, colourOfState(of.status)],
    ['owner', of.owner],
    ['work', `${of.plugin} ${of.action}`],
    ['plugin version', of.pluginVersion?.slice(0, 12) ?? null],
    ['args', JSON.stringify(of.args)],
    [
      'env',
      Object.entries(of.env)
        .map(([name, value]) => `${name}=${value}`)
        .join('\n') || null,
    ],
    ['schedule', scheduleText(of)],
    ['from', moment(of.startsAt)],
    ['until', moment(of.endsAt)],
    ['not', [...of.excludeDates, ...of.blackout].join('\n') || null],
    ['next', moment(of.nextFireAt)],
    ['last run', of.lastRunId],
    [
      'limits',
      `${formatDuration(policy.timeoutSeconds)}${policy.onTimeout === 'snapshot' ? ' (snapshot)' : ''}, then ${formatDuration(policy.graceSeconds)} to end; ${formatBytes(policy.outputLimitBytes)} of output`,
    ],
    ['at a time', policy.maxConcurrent === null ? null : String(policy.maxConcurrent)],
    ['locks', policy.locks.map(textOfLock).join(', ') || null],
    ['offline', policy.ifOffline === 'wait' ? `wait for ${formatDuration(policy.expiresAfter)}` : policy.ifOffline],
    ['retries', `${policy.retries.count}${policy.idempotent ? ', idempotent' : ''}`],
    ['overlap', of.type === 'Adhoc' ? null : policy.overlap],
    ['catch up', policy.catchUp === 'none' ? null : policy.catchUp],
    ['splay', policy.splaySeconds === 0 ? null : formatDuration(policy.splaySeconds)],
    ['version', String(of.version)],
    ['created', `${moment(of.createdAt)} by ${of.createdBy}`],
    ['updated', of.version > 1 ? moment(of.updatedAt) : null],
  ];
}
