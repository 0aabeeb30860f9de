import { openStates } from '../../shared/states.ts';

/** What must hold between the rows of a ledger. Each query answers the ids of rows that break its rule. */
export type LedgerRule = {
  /** said when nothing breaks it */
  readonly holds: string;
  /** said of what breaks it, after a number */
  readonly broken: string;
  readonly level: 'warn' | 'fail';
  readonly remedy: string;
  /** @param newest how many of the newest rows are looked at, where a look at all would take long; -1: all */
  readonly query: (newest: number) => string;
};

const open = openStates.map((state) => `'${state}'`).join(', ');
const ended = ['succeeded', 'failed', 'timed_out', 'cancelled', 'expired', 'skipped', 'rejected', 'lost'];
const newestOf = (table: string, newest: number, order = 'id'): string =>
  `(SELECT * FROM ${table} ORDER BY ${order} DESC LIMIT ${newest})`;
/** The retention takes the run that ended first to pieces; for this one counts and rows may differ. */
const beingRemoved = 'SELECT id FROM runs WHERE finished_at IS NOT NULL ORDER BY finished_at, id LIMIT 1';
const report = 'Keep a copy of the data folder and report it; restore a backup from before it, if it matters.';

export const ledgerRules: readonly LedgerRule[] = [
  {
    holds: 'counts of runs are those of their executions',
    broken: 'runs have counts that are not those of their executions',
    level: 'fail',
    remedy: report,
    query: (newest) => `SELECT id FROM ${newestOf('runs', newest)} AS r WHERE id NOT IN (${beingRemoved}) AND (
      total <> open + ${ended.join(' + ')}
      OR total <> (SELECT count(*) FROM executions e WHERE e.run_id = r.id)
      OR open <> (SELECT count(*) FROM executions e WHERE e.run_id = r.id AND e.open = 1 AND e.state IN (${open})))`,
  },
  {
    holds: 'runs are final when their last execution is',
    broken: 'runs are active without an open execution, or the other way round',
    level: 'fail',
    remedy: report,
    query: (newest) =>
      `SELECT id FROM runs WHERE state = 'active' AND open = 0
       UNION ALL SELECT id FROM ${newestOf('runs', newest)} WHERE (state = 'active') <> (finished_at IS NULL)`,
  },
  {
    holds: 'what is marked open has an open state',
    broken: 'executions are marked open in a final state, or final in an open one',
    level: 'fail',
    remedy: report,
    query: () =>
      `SELECT id FROM executions WHERE state IN (${open}) AND open = 0
       UNION ALL SELECT id FROM executions INDEXED BY executions_open_by_deadline WHERE open = 1 AND state NOT IN (${open})`,
  },
  {
    holds: 'every open execution ends by itself some time',
    broken: 'open executions have no deadline',
    level: 'fail',
    remedy: 'Cancel them with `npx muster cancel`.',
    query: () => `SELECT id FROM executions INDEXED BY executions_open_by_deadline WHERE open = 1 AND deadline_at IS NULL`,
  },
  {
    holds: 'every execution has its run',
    broken: 'executions have no run',
    level: 'fail',
    remedy: report,
    query: (newest) =>
      `SELECT id FROM ${newestOf('executions', newest)} AS e WHERE NOT EXISTS (SELECT 1 FROM runs WHERE runs.id = e.run_id)`,
  },
  {
    holds: 'attempts and output belong to executions',
    broken: 'attempts or pieces of output belong to no execution',
    level: 'warn',
    remedy: report,
    query: (newest) =>
      ['attempts', 'log_chunks']
        .map(
          (table) =>
            `SELECT execution_id AS id FROM ${newestOf(table, newest, 'execution_id')} AS t
             WHERE NOT EXISTS (SELECT 1 FROM executions WHERE executions.id = t.execution_id)`,
        )
        .join(' UNION ALL '),
  },
  {
    holds: 'places at locks and limits are those of open executions',
    broken: 'places at locks and limits are wrong: of executions that have ended or are not there, or missing',
    level: 'fail',
    remedy: report,
    query: () =>
      `SELECT execution_id AS id FROM execution_gates AS g
       WHERE NOT EXISTS (SELECT 1 FROM executions e WHERE e.id = g.execution_id AND e.open = 1)
       UNION ALL SELECT id FROM executions AS e INDEXED BY executions_open_by_deadline
       WHERE open = 1 AND gates <> (SELECT count(*) FROM execution_gates g WHERE g.execution_id = e.id)`,
  },
  {
    holds: 'no lock or limit is held by more than it lets pass',
    broken: 'locks or limits are held by more than they let pass, or work is under way that does not hold its own',
    level: 'fail',
    remedy: report,
    query: () =>
      `SELECT gate AS id FROM execution_gates WHERE held = 1 GROUP BY gate HAVING count(*) > max(capacity)
       UNION ALL SELECT e.id FROM execution_gates AS g JOIN executions AS e ON e.id = g.execution_id
       WHERE g.held = 0 AND e.state <> 'queued'`,
  },
  {
    holds: 'logs have no hole and no repeat',
    broken: 'logs have a hole or a repeat',
    level: 'fail',
    remedy: report,
    query: (newest) =>
      `SELECT DISTINCT id FROM (
         SELECT execution_id AS id, start + bytes AS ends, lead(start) OVER (PARTITION BY execution_id ORDER BY start) AS next
         FROM (SELECT execution_id, start, bytes FROM log_chunks ORDER BY execution_id DESC, start DESC LIMIT ${newest})
       ) WHERE next <> ends`,
  },
  {
    holds: 'active tasks know when they fire next',
    broken: 'active tasks will never fire again',
    level: 'warn',
    remedy: 'Look at their schedule: its last time may be past. Edit or delete them.',
    query: () => "SELECT id FROM tasks WHERE status = 'active' AND next_fire_at IS NULL AND deleted_at IS NULL",
  },
];
