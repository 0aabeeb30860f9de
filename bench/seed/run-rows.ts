import { hash } from 'node:crypto';
import { foldKeyOf } from '../../server/features/tasks/fold-key.ts';
import type { RunsTable } from '../../server/schema/tables/tasks.tables.ts';
import type { IdGenerator } from '../../shared/ids.ts';
import { digestLines } from '../../shared/output-digest.ts';
import { runStateOf } from '../../shared/run-states.ts';
import type { SeededHost } from './hosts.ts';
import type { Inserts } from './inserts.ts';
import { outcomesOf, outputOf } from './outcomes.ts';
import type { Random } from './random.ts';
import { type SeededTask, seededPolicy } from './tasks.ts';

export type RunSeed = {
  readonly task: SeededTask;
  readonly hosts: readonly SeededHost[];
  readonly at: number;
  /** of executions that still wait at the end */
  readonly open: boolean;
};

export type RunRowsResources = { readonly inserts: Inserts; readonly newId: IdGenerator; readonly random: Random };

const hourMs = 3_600_000;

/** Writes a run with its executions, what they printed and the attempts before the last. @returns the id of the run */
export function addRun({ task, hosts, at, open }: RunSeed, { inserts, newId, random }: RunRowsResources): string {
  const runId = newId('run');
  const next = outcomesOf(random);
  const counts: Record<string, number> = {};
  let lastEnd = at;
  let openLeft = open ? Math.ceil(hosts.length / 3) : 0;

  for (const { row: agent } of hosts) {
    const id = newId('execution');
    const base = {
      id,
      run_id: runId,
      task_id: task.row.id,
      target: task.row.owner === 'Anyone' ? ('anyone' as const) : ('agent' as const),
      agent_id: agent.id,
      agent_name: agent.name,
      created_at: at,
    };
    if (openLeft > 0) {
      openLeft -= 1;
      const expires = at + 24 * hourMs;
      inserts.add('executions', {
        ...base,
        state: 'queued',
        open: 1,
        reason: 'host_offline',
        attempt: 0,
        deadline_at: expires,
        expires_at: expires,
      });
      continue;
    }
    const outcome = next();
    const attempt = outcome.started ? (random.next() < 0.02 ? 2 : 1) : 0;
    const duration = Math.round(20 + random.next() ** 4 * 60_000);
    const started = at + random.between(5, 400);
    const ended = outcome.started ? started + duration : at + random.between(1, hourMs);
    lastEnd = Math.max(lastEnd, ended);
    const output = outcome.started ? outputOf(outcome, agent.name, random) : '';
    const bytes = Buffer.byteLength(output);
    const end = {
      state: outcome.state,
      reason: outcome.reason,
      exit_code: outcome.exitCode,
      data: null,
      log_from: 0,
      log_bytes: bytes,
    };
    inserts.add('executions', {
      ...base,
      state: outcome.state,
      open: 0,
      reason: outcome.reason,
      attempt,
      retries: Math.max(0, attempt - 1),
      deadline_at: null,
      expires_at: at + hourMs,
      exit_code: outcome.exitCode,
      message: outcome.message,
      log_bytes: bytes,
      fold_key: foldKeyOf(end, digestOf(output)),
      duration_ms: outcome.started ? duration : null,
      offered_at: outcome.started ? started - 3 : null,
      started_at: outcome.started ? started : null,
      finished_at: ended,
    });
    if (bytes > 0) inserts.add('log_chunks', { execution_id: id, start: 0, bytes, stream: 'out', at: ended, text: output });
    if (attempt === 2)
      inserts.add('attempts', {
        execution_id: id, attempt: 1, agent_id: agent.id, agent_name: agent.name, outcome: 'failed', reason: 'exit_code', message: null, exit_code: 1,
        offered_at: at, started_at: at, ended_at: started - 3,
      }); // biome-ignore format: a row
    counts[outcome.state] = (counts[outcome.state] ?? 0) + 1;
  }

  inserts.add('runs', runRow({ task, at, open }, runId, hosts.length, counts, lastEnd));
  return runId;
}

const digestOf = (output: string): string =>
  hash('sha256', digestLines(output === '' ? new Map() : new Map([['out', hash('sha256', output)]])));

function runRow(
  { task, at }: Pick<RunSeed, 'task' | 'at' | 'open'>,
  id: string,
  total: number,
  counts: Readonly<Record<string, number>>,
  lastEnd: number,
): Partial<RunsTable> {
  const open = total - Object.values(counts).reduce((sum, count) => sum + count, 0);
  const { row } = task;
  return {
    id,
    task_id: row.id,
    task_version: 1,
    task_name: row.name,
    trigger: row.type === 'Adhoc' ? 'adhoc' : row.type === 'Interval' ? 'interval' : 'schedule',
    state: runStateOf({ open, ...counts }),
    owner: row.owner,
    plugin: row.plugin,
    plugin_sha256: null,
    action: row.action,
    args: row.args,
    env: row.env,
    policy: seededPolicy,
    total,
    open,
    fired_at: at,
    created_at: at,
    finished_at: open > 0 ? null : lastEnd,
    created_by: row.type === 'Adhoc' ? 'admin' : 'schedule',
    ...counts,
  };
}
