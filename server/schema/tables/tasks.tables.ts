import type { RetryOnly, Trigger } from '../../../shared/api/runs.ts';
import type { TaskType } from '../../../shared/api/tasks.ts';
import type { ReasonCode } from '../../../shared/reasons.ts';
import type { RunState } from '../../../shared/run-states.ts';
import type { AttemptOutcome, ExecutionState } from '../../../shared/states.ts';

export type TasksTable = {
  id: string;
  version: number;
  name: string;
  status: 'active' | 'paused' | 'done';
  type: TaskType;
  owner: string;
  plugin: string;
  /** of the version that the task is pinned to; null: the current one */
  plugin_sha256?: string | null;
  action: string;
  args: string;
  env: string;
  cron: string | null;
  time_zone: string | null;
  every_seconds: number | null;
  policy: string;
  /** JSON: when it may fire, beside its cron expression or interval; null: always */
  calendar: string | null;
  next_fire_at: number | null;
  last_run_id: string | null;
  created_by: string;
  created_at: number;
  updated_at: number;
  deleted_at: number | null;
};

/** What a task was before each edit. */
export type TaskVersionsTable = {
  task_id: string;
  version: number;
  definition: string;
  replaced_at: number;
  replaced_by: string;
};

export type RunsTable = {
  id: string;
  task_id: string;
  task_version: number;
  task_name: string;
  trigger: Trigger;
  /** derived from the counts by `runStateOf`, written in the same transaction as they */
  state: RunState;
  owner: string;
  plugin: string;
  plugin_sha256: string | null;
  action: string;
  args: string;
  env: string;
  policy: string;
  total: number;
  open: number;
  /** one column per final state, so that counts come from the row and never from a scan */
  succeeded: number;
  failed: number;
  timed_out: number;
  cancelled: number;
  expired: number;
  skipped: number;
  rejected: number;
  lost: number;
  /** the time for which the firing was due; unique per task, so that nothing fires twice */
  fired_at: number;
  created_at: number;
  finished_at: number | null;
  created_by: string;
  /** of `trigger: retry`: the run whose hosts it has, and which of them */
  retry_of: string | null;
  retry_only: RetryOnly | null;
};

export type ExecutionsTable = {
  id: string;
  run_id: string;
  task_id: string;
  target: 'agent' | 'anyone' | 'none';
  agent_id: string | null;
  /** as it was when the execution was made or assigned: history outlives a renamed or removed agent */
  agent_name: string | null;
  state: ExecutionState;
  /** 1 while the state is not final: what partial indexes and the dispatcher look at */
  open: number;
  reason: ReasonCode | null;
  reason_text: string | null;
  /** number of the current attempt, 0 before the first offer; the fence against late messages */
  attempt: number;
  /** retries used, of the policy's `retries.count`; an offer that was never started uses none */
  retries: number;
  /** queued: do not offer before (retry back-off) */
  not_before: number;
  /** when the present state ends by itself; the sweep looks here */
  deadline_at: number | null;
  expires_at: number;
  assignment: string | null;
  /** rows of `execution_gates` that it has while it is open; 0: nothing limits how many of its kind run at a time */
  gates: number;
  exit_code: number | null;
  message: string | null;
  data: string | null;
  /** byte offset at which the output of the current attempt begins, and where the log ends once it is final */
  log_from: number;
  log_bytes: number;
  /** the log was old enough to be removed; `log_bytes` still tells how long it was */
  log_removed_at?: number | null;
  cut_bytes: number;
  /** equal for executions that ended alike (`foldKeyOf`); null: it is open, or its output has to be read to know */
  fold_key: string | null;
  duration_ms: number | null;
  created_at: number;
  offered_at: number | null;
  started_at: number | null;
  finished_at: number | null;
};

/** A gate that an open execution passes: its own limit of how many hold it at a time, and whether it does. */
export type ExecutionGatesTable = { execution_id: string; gate: string; capacity: number; held: number };

/** An attempt that was followed by another; the current one is in the execution's own row. */
export type AttemptsTable = {
  execution_id: string;
  attempt: number;
  agent_id: string | null;
  agent_name: string | null;
  outcome: string;
  reason: string | null;
  message: string | null;
  exit_code: number | null;
  offered_at: number | null;
  started_at: number | null;
  ended_at: number;
};

/** What an agent told of an attempt after the ledger had given it up. The final state stays; this is what is known besides. */
export type LateResultsTable = {
  execution_id: string;
  attempt: number;
  agent_id: string;
  outcome: AttemptOutcome;
  reason: ReasonCode;
  message: string | null;
  exit_code: number | null;
  data: string | null;
  duration_ms: number | null;
  received_at: number;
};

/** One row: the time that the server saw last, by which it knows at its start that the clock was set back meanwhile. */
export type ServerClockTable = { id: number; seen_at: number };

export type LogChunksTable = {
  execution_id: string;
  /** byte offset of the first byte of `text` in the log of the execution */
  start: number;
  /** length in bytes of UTF-8 */
  bytes: number;
  stream: 'out' | 'err' | 'log' | 'cut';
  at: number;
  text: string;
};
