import { policy as policySchema } from '../../shared/api/tasks.ts';
import { executionStates, isFinal } from '../../shared/states.ts';

/** A row of a table, by its columns. */
export type StoredRow = { readonly table: string; readonly row: Readonly<Record<string, string | number | null>> };

const at = Date.UTC(2026, 0, 5);
const id = (prefix: string, number: number): string => `${prefix}_${String(number).padStart(26, '0')}`;

const policy = JSON.stringify(policySchema.parse({}));

/** A ledger as the first version kept it: an execution in every state with a run and a task each, an agent, output and history. */
export const firstLedger = (): StoredRow[] => [
  {
    table: 'agents',
    row: {
      id: id('agt', 1), name: 'web', public_key: 'a2V5', tags: '["x"]', os: 'linux', arch: 'x64', version: '0.1.0', slots: 4, facts: '{}', runtimes: '{}',
      metrics: null, enrolled_at: at, last_seen_at: at, revoked_at: null,
    },
  }, // biome-ignore format: a row
  ...executionStates.flatMap((state, index) => work(state, index)),
];

function work(state: (typeof executionStates)[number], index: number): StoredRow[] {
  const [task, run, execution, agent] = [id('tsk', index), id('run', index), id('exe', index), id('agt', 1)];
  const open = isFinal(state) ? 0 : 1;
  const call = { owner: 'web', plugin: 'noop', action: 'main', args: '{}', env: '{}', policy };
  const by = { created_at: at, created_by: 'admin' };
  const ended = open ? null : at;
  const started = state === 'queued' || state === 'offered' ? null : at;
  return [
    {
      table: 'tasks',
      row: {
        ...call, ...by, id: task, version: 2, name: `in ${state}`, status: 'done', type: 'Adhoc', cron: null, time_zone: null, every_seconds: null,
        next_fire_at: null, last_run_id: run, updated_at: at, deleted_at: null,
      },
    },
    { table: 'task_versions', row: { task_id: task, version: 1, definition: '{}', replaced_at: at, replaced_by: 'admin' } },
    {
      table: 'runs',
      row: {
        ...call, ...by, id: run, task_id: task, task_version: 2, task_name: `in ${state}`, trigger: 'adhoc', plugin_sha256: null, total: 1, open,
        state: open ? 'active' : state === 'succeeded' ? 'succeeded' : 'failed', fired_at: at, finished_at: ended, ...(open ? {} : { [state]: 1 }),
      },
    },
    {
      table: 'executions',
      row: {
        id: execution, run_id: run, task_id: task, target: 'agent', agent_id: agent, agent_name: 'web', state, open, reason: open ? 'waiting' : 'finished',
        attempt: state === 'queued' ? 0 : 2, deadline_at: open ? at * 2 : null, expires_at: at * 2, log_bytes: open ? 0 : 6, created_at: at,
        duration_ms: open ? null : 12.5, offered_at: started, started_at: started, finished_at: ended,
      },
    },
    {
      table: 'attempts',
      row: { execution_id: execution, attempt: 1, agent_id: agent, agent_name: 'web', outcome: 'failed', reason: 'exit_code', exit_code: 1, ended_at: at },
    },
    { table: 'log_chunks', row: { execution_id: execution, start: 0, bytes: 6, stream: 'out', at, text: 'hello\n' } },
    {
      table: 'audit',
      row: { id: id('aud', index), at, actor: 'admin', action: 'task.created', subject: task, detail: '{}', address: null },
    },
  ]; // biome-ignore format: rows
}
