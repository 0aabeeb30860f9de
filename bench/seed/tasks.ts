import type { TasksTable } from '../../server/schema/tables/tasks.tables.ts';
import { policy } from '../../shared/api/tasks.ts';
import type { IdGenerator } from '../../shared/ids.ts';
import type { Random } from './random.ts';

/** A task, and how many hosts its runs reach: of a role, or any. */
export type SeededTask = { readonly row: TasksTable; readonly role: string | null; readonly reach: 'one' | 'some' | 'many' };

export const seededPolicy = JSON.stringify(policy.parse({}));

const kinds = [
  { name: 'Nightly database backup', owner: 'tag:db', role: 'db', reach: 'some', command: 'pg_dumpall | gzip > /backup/all.gz', cron: '0 3 * * *' },
  { name: 'Rotate nginx logs', owner: 'tag:web', role: 'web', reach: 'many', command: 'logrotate -f /etc/logrotate.d/nginx', cron: '15 0 * * *' },
  { name: 'Certificate expiry check', owner: 'tag:edge', role: 'edge', reach: 'many', command: 'check-certs --days 21', cron: '0 6 * * *' },
  { name: 'Queue depth probe', owner: 'Anyone', role: 'queue', reach: 'one', command: 'rabbitmqctl list_queues', every: 300 },
  { name: 'Clear build workspaces', owner: 'tag:build', role: 'build', reach: 'some', command: 'find /build -mtime +7 -delete', cron: '30 2 * * *' },
  { name: 'Cache hit ratio', owner: 'tag:cache', role: 'cache', reach: 'some', command: 'redis-cli info stats', every: 900 },
  { name: 'Disk space report', owner: 'ALL', role: null, reach: 'many', command: 'df -h /', cron: '0 7 * * 1' },
  { name: 'Windows updates pending', owner: 'os:windows', role: 'win', reach: 'many', command: 'Get-WindowsUpdate', cron: '0 5 * * 2' },
  { name: 'Synthetic checkout', owner: 'Anyone', role: 'app', reach: 'one', command: 'checkout-probe --region all', every: 120 },
  { name: 'Config drift check', owner: 'tag:app & tag:env=prod', role: 'app', reach: 'some', command: 'drift --check', cron: '*/30 * * * *' },
] as const; // biome-ignore format: a table

const adhoc = [
  'uptime', 'systemctl restart nginx', 'df -h / | tail -1', 'journalctl -u app -n 50', 'apt-get -y upgrade', 'nginx -t && nginx -s reload',
  'cat /etc/os-release', 'ss -s', 'free -m', 'docker ps',
] as const; // biome-ignore format: a list

/** The schedules of a fleet; their copies per region make up the number. */
export function seedSchedules(
  count: number,
  { random, newId, now }: { random: Random; newId: IdGenerator; now: number },
): SeededTask[] {
  return Array.from({ length: count }, (_, index) => {
    const kind = kinds[index % kinds.length] as (typeof kinds)[number];
    const copy = Math.floor(index / kinds.length);
    const cron = 'cron' in kind ? kind.cron : null;
    const every = 'every' in kind ? kind.every : null;
    const paused = index >= kinds.length && random.next() < 0.1;
    const row: TasksTable = {
      ...blank(newId('task'), now - 60 * 86_400_000),
      name: copy === 0 ? kind.name : `${kind.name} ${copy + 1}`,
      status: paused ? 'paused' : 'active',
      type: cron === null ? 'Interval' : 'Scheduled',
      owner: kind.owner,
      args: JSON.stringify({ command: kind.command }),
      cron,
      time_zone: cron === null ? null : 'Etc/UTC',
      every_seconds: every,
      next_fire_at: paused ? null : now + random.between(60_000, every === null ? 86_400_000 : every * 1000 + 60_000),
    };
    return { row, role: kind.role, reach: kind.reach };
  });
}

/** One that ran once. */
export function seedAdhoc({ random, newId, at }: { random: Random; newId: IdGenerator; at: number }): SeededTask {
  const command = random.pick(adhoc);
  const role = random.pick(['web', 'db', 'app', 'edge', 'cache']);
  const reach = random.weighted([['one', 8], ['some', 2]] as const); // biome-ignore format: a table
  const row: TasksTable = {
    ...blank(newId('task'), at),
    name: command,
    status: 'done',
    type: 'Adhoc',
    owner: reach === 'one' ? 'Anyone' : `tag:${role}`,
    args: JSON.stringify({ command }),
  };
  return { row, role, reach };
}

const blank = (id: string, at: number): TasksTable => ({
  id, version: 1, name: '', status: 'done', type: 'Adhoc', owner: 'ALL', plugin: 'shell', plugin_sha256: null, action: 'main', args: '{}', env: '{}', cron: null,
  time_zone: null, every_seconds: null, calendar: null, policy: seededPolicy, next_fire_at: null, last_run_id: null, created_by: 'admin', created_at: at,
  updated_at: at, deleted_at: null,
}); // biome-ignore format: a row
