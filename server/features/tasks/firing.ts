import type { RetryOnly, Trigger } from '../../../shared/api/runs.ts';
import type { Policy } from '../../../shared/api/tasks.ts';
import type { IdGenerator } from '../../../shared/ids.ts';
import { type ReasonCode, reasonCodes } from '../../../shared/reasons.ts';
import { runStateOf } from '../../../shared/run-states.ts';
import type { ExecutionState } from '../../../shared/states.ts';
import { foldKeyOf } from './fold-key.ts';
import { gatesOf } from './gates.ts';
import type { ExecutionRow, RunRow, TaskRow } from './rows.ts';
import { waitingFor } from './run-line.ts';
import { splayed } from './splay.ts';

/** What an owner means at the instant of a firing. */
export type FrozenTargets =
  | {
      readonly kind: 'hosts';
      /** `full`: so much waits for it already that nothing is added */
      readonly hosts: readonly { readonly id: string; readonly name: string; readonly online: boolean; readonly full: boolean }[];
    }
  /** asked only where the task does not wait: it looks at the whole fleet */
  | { readonly kind: 'anyone'; readonly someEligible: () => boolean; readonly full: boolean };

/** The run whose hosts run again, and which of them. */
export type RetryOf = { readonly runId: string; readonly only: RetryOnly };

export type Firing = {
  readonly task: TaskRow;
  readonly policy: Policy;
  /** the same as it is kept */
  readonly policyText: string;
  readonly trigger: Trigger;
  /** the time for which it was due */
  readonly firedAt: number;
  readonly now: number;
  readonly by: string;
  readonly pluginSha256: string | null;
  readonly retryOf?: RetryOf | undefined;
} & (
  | {
      readonly targets: FrozenTargets;
      /** the run that has to end before this one begins */
      readonly after?: string | undefined;
    }
  /** nothing is to be run, and one row says why */
  | { readonly skipped: { readonly reason: ReasonCode; readonly text: string } }
);

/** One firing of a task: its run with targets and policy frozen, and a row per host. There is always at least one row, so that nothing is dropped silently. */
export function freeze(firing: Firing, newId: IdGenerator): { run: RunRow; executions: ExecutionRow[] } {
  const { task, now } = firing;
  const runId = newId('run');
  const base = emptyExecution(firing, runId);
  const row = (changes: Partial<ExecutionRow>): ExecutionRow => ({ ...base, id: newId('execution'), ...changes });
  const executions = rowsOf(firing, row).map((execution) => (execution.open === 1 ? held(firing, execution) : execution));
  const counts: Partial<Record<ExecutionState, number>> = {};
  for (const execution of executions) counts[execution.state] = (counts[execution.state] ?? 0) + 1;
  const open = executions.filter((execution) => execution.open === 1).length;
  const run: RunRow = {
    id: runId,
    task_id: task.id,
    task_version: task.version,
    task_name: task.name,
    trigger: firing.trigger,
    state: runStateOf({ ...counts, open }),
    owner: task.owner,
    plugin: task.plugin,
    plugin_sha256: firing.pluginSha256,
    action: task.action,
    args: task.args,
    env: task.env,
    policy: firing.policyText,
    total: executions.length,
    open,
    succeeded: 0,
    failed: counts.failed ?? 0,
    timed_out: 0,
    cancelled: 0,
    expired: 0,
    skipped: counts.skipped ?? 0,
    rejected: 0,
    lost: 0,
    fired_at: firing.firedAt,
    created_at: now,
    finished_at: open === 0 ? now : null,
    created_by: firing.by,
    retry_of: firing.retryOf?.runId ?? null,
    retry_only: firing.retryOf?.only ?? null,
  };
  return { run, executions };
}

/** A row that is not to go at once: its run waits for another one, or it has its place in the time over which the firing is spread. */
function held(firing: Firing, row: ExecutionRow): ExecutionRow {
  if ('after' in firing && firing.after !== undefined) return waitingFor(row, firing.after);
  if (firing.trigger !== 'schedule' && firing.trigger !== 'interval') return row;
  return { ...row, ...splayed(row, firing.policy.splaySeconds, firing.now) };
}

type MakeRow = (changes: Partial<ExecutionRow>) => ExecutionRow;

function rowsOf(firing: Firing, row: MakeRow): ExecutionRow[] {
  const { policy, now } = firing;
  const ended = (
    state: 'skipped' | 'failed',
    reason: ReasonCode,
    text: string,
    changes: Partial<ExecutionRow> = {},
  ): ExecutionRow => {
    const made = row({ ...changes, state, open: 0, gates: 0, reason, reason_text: text, deadline_at: null, finished_at: now });
    return { ...made, fold_key: foldKeyOf(made) };
  };
  if ('skipped' in firing) return [ended('skipped', firing.skipped.reason, firing.skipped.text)];

  const { targets } = firing;
  const notWaiting = policy.ifOffline === 'wait' ? undefined : policy.ifOffline === 'skip' ? 'skipped' : 'failed';
  if (targets.kind === 'anyone') {
    if (notWaiting !== undefined && !targets.someEligible()) {
      return [ended(notWaiting, 'if_offline', 'No agent was eligible, and the task says not to wait.', { target: 'anyone' })];
    }
    if (targets.full) return [ended('skipped', 'queue_full', fullText('any agent'), { target: 'anyone' })];
    return [row({ target: 'anyone', reason: 'waiting' })];
  }
  if (targets.hosts.length === 0) return [ended('skipped', 'no_host_matched', `No host matches ${firing.task.owner}.`)];
  return targets.hosts.map((host) => {
    const target = { target: 'agent', agent_id: host.id, agent_name: host.name } as const;
    if (!host.online && notWaiting !== undefined) return ended(notWaiting, 'if_offline', reasonCodes.if_offline, target);
    if (host.full) return ended('skipped', 'queue_full', fullText(host.name), target);
    return row({ ...target, reason: host.online ? 'waiting' : 'host_offline' });
  });
}

const fullText = (whom: string): string => `As many executions as may wait for ${whom} were waiting.`;

function emptyExecution({ task, policy, now }: Firing, runId: string): Omit<ExecutionRow, 'id'> {
  const expiresAt = now + policy.expiresAfter * 1000;
  return {
    run_id: runId,
    task_id: task.id,
    target: 'none',
    agent_id: null,
    agent_name: null,
    state: 'queued',
    open: 1,
    reason: 'waiting',
    reason_text: null,
    attempt: 0,
    retries: 0,
    not_before: 0,
    deadline_at: expiresAt,
    expires_at: expiresAt,
    assignment: null,
    gates: gatesOf(task.id, policy).length,
    exit_code: null,
    message: null,
    data: null,
    log_from: 0,
    log_bytes: 0,
    cut_bytes: 0,
    fold_key: null,
    duration_ms: null,
    created_at: now,
    offered_at: null,
    started_at: null,
    finished_at: null,
  };
}
