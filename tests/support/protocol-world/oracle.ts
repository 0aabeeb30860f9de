import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';

/** Looks at what is committed at this very instant, from outside. */
export type Oracle = {
  /** `running` was committed of this attempt */
  wasConfirmed(execution: string, attempt: number): boolean;
  /** the row waits for this agent to tell the end of this attempt */
  awaits(execution: string, attempt: number, agentId: string): boolean;
  current(execution: string): { readonly attempt: number; readonly agent_id: string | null } | undefined;
  close(): void;
};

export function openOracle(dataDir: string): Oracle {
  const db = new SqliteDatabase(join(dataDir, 'muster.db'), { readonly: true });
  const confirmed = db.prepare("SELECT 1 FROM seen_moves WHERE execution_id = ? AND attempt = ? AND became = 'running'");
  const awaited = db.prepare(
    "SELECT 1 FROM executions WHERE id = ? AND attempt = ? AND agent_id = ? AND state IN ('running', 'unknown', 'cancelling')",
  );
  const row = db.prepare<[string], { attempt: number; agent_id: string | null }>(
    'SELECT attempt, agent_id FROM executions WHERE id = ?',
  );
  return {
    wasConfirmed: (execution, attempt) => confirmed.get(execution, attempt) !== undefined,
    awaits: (execution, attempt, agentId) => awaited.get(execution, attempt, agentId) !== undefined,
    current: (execution) => row.get(execution),
    close: () => void db.close(),
  };
}
