import type { Execution } from '../../../shared/api/executions.ts';
import { toInstant, toInstantOrNull } from '../../../shared/api/listing.ts';
import type { Run } from '../../../shared/api/runs.ts';
import type { Task } from '../../../shared/api/tasks.ts';
import type { Json } from '../../../shared/json.ts';
import { finalStates } from '../../../shared/states.ts';
import { parsePolicy } from './policy-text.ts';
import type { ExecutionRow, RunRow, TaskRow } from './rows.ts';

/** Rows as the API shows them. */

export const taskOf = (row: TaskRow): Task => ({
  id: row.id,
  version: row.version,
  name: row.name,
  status: row.status,
  owner: row.owner,
  plugin: row.plugin,
  pluginVersion: row.plugin_sha256 ?? null,
  action: row.action,
  args: JSON.parse(row.args) as Json,
  env: JSON.parse(row.env) as Record<string, string>,
  type: row.type,
  cron: row.cron,
  timeZone: row.time_zone,
  everySeconds: row.every_seconds,
  ...calendarOf(row),
  policy: parsePolicy(row.policy),
  nextFireAt: toInstantOrNull(row.status === 'active' ? row.next_fire_at : null),
  lastRunId: row.last_run_id,
  createdBy: row.created_by,
  createdAt: toInstant(row.created_at),
  updatedAt: toInstant(row.updated_at),
});

function calendarOf({ calendar }: TaskRow): Pick<Task, 'startsAt' | 'endsAt' | 'excludeDates' | 'blackout'> {
  if (calendar === null) return { startsAt: null, endsAt: null, excludeDates: [], blackout: [] };
  const { startsAt, endsAt, excludeDates, blackout } = JSON.parse(calendar) as {
    startsAt: number | null;
    endsAt: number | null;
    excludeDates: string[];
    blackout: string[];
  };
  return { startsAt: toInstantOrNull(startsAt), endsAt: toInstantOrNull(endsAt), excludeDates, blackout };
}

/** @param openCounts counts of the states that are not final, which the row does not hold */
export const runOf = (row: RunRow, openCounts: Readonly<Record<string, number>>): Run => ({
  id: row.id,
  taskId: row.task_id,
  taskName: row.task_name,
  taskVersion: row.task_version,
  trigger: row.trigger,
  state: row.state,
  owner: row.owner,
  plugin: row.plugin,
  pluginSha256: row.plugin_sha256,
  action: row.action,
  args: JSON.parse(row.args) as Json,
  policy: parsePolicy(row.policy),
  total: row.total,
  open: row.open,
  counts: { ...openCounts, ...Object.fromEntries(finalStates.flatMap((state) => finalCount(row, state))) },
  firedAt: toInstant(row.fired_at),
  createdAt: toInstant(row.created_at),
  finishedAt: toInstantOrNull(row.finished_at),
  createdBy: row.created_by,
  retryOf: row.retry_of === null || row.retry_only === null ? null : { runId: row.retry_of, only: row.retry_only },
});

function finalCount(row: RunRow, state: string): [string, number][] {
  const count = row[state as 'succeeded'];
  return count > 0 ? [[state, count]] : [];
}

export type ExecutionContext = {
  readonly run: Pick<RunRow, 'task_name' | 'plugin' | 'action'>;
  readonly why: { readonly reason: string | null; readonly text: string };
  readonly progress: Execution['progress'];
  /** bytes of log held now; the row knows it once it is final */
  readonly logBytes: number;
};

export const executionOf = (row: ExecutionRow, { run, why, progress, logBytes }: ExecutionContext): Execution => ({
  id: row.id,
  runId: row.run_id,
  taskId: row.task_id,
  taskName: run.task_name,
  agentId: row.agent_id,
  agentName: row.agent_name,
  target: row.target,
  plugin: run.plugin,
  action: run.action,
  state: row.state,
  reason: why.reason,
  reasonText: why.text,
  attempt: row.attempt,
  exitCode: row.exit_code,
  message: row.message,
  data: row.data === null ? null : (JSON.parse(row.data) as Json),
  progress,
  logBytes,
  logRemovedAt: toInstantOrNull(row.log_removed_at ?? null),
  cutBytes: row.cut_bytes,
  durationMs: row.duration_ms,
  createdAt: toInstant(row.created_at),
  offeredAt: toInstantOrNull(row.offered_at),
  startedAt: toInstantOrNull(row.started_at),
  finishedAt: toInstantOrNull(row.finished_at),
  deadlineAt: toInstantOrNull(row.deadline_at),
});
