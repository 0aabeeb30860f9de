import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { idFloor } from '../../../shared/ids.ts';
import { isTextAt } from '../agents/generated-text.ts';

/**
 * Reads every byte of output that was stored since then, and compares it with what simulated work prints.
 * @returns how many bytes there were. @throws when one is missing, there twice, or another
 */
export function checkStoredOutput(dataDir: string, since: number, bytesEach: number): number {
  const database = new SqliteDatabase(join(dataDir, 'muster.db'), { readonly: true });
  try {
    const executions = database
      .prepare<[string], { id: string; log_bytes: number }>(
        'SELECT id, log_bytes FROM executions WHERE id >= ? AND log_bytes > 0',
      )
      .all(idFloor('execution', since));
    const chunks = database.prepare<[string], { start: number; text: string }>(
      'SELECT start, text FROM log_chunks WHERE execution_id = ? ORDER BY start',
    );
    for (const { id, log_bytes } of executions) {
      let end = 0;
      for (const { start, text } of chunks.iterate(id)) {
        const bytes = Buffer.from(text);
        if (start !== end || !isTextAt(start, bytes))
          throw new Error(
            `The output of ${id} is not what was printed: at byte ${end} there is a piece that begins at ${start}.`,
          );
        end += bytes.length;
      }
      if (end !== bytesEach || log_bytes !== bytesEach)
        throw new Error(`${bytesEach} bytes were printed by ${id}; ${end} are stored, and ${log_bytes} are told of.`);
    }
    return executions.length * bytesEach;
  } finally {
    database.close();
  }
}
