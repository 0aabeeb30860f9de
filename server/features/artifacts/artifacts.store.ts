import type { Reader, Writer } from '../../schema/schema.ts';
import type { ArtifactsTable } from '../../schema/tables/artifacts.tables.ts';

/** Index: the primary key. */
export const listArtifacts = (db: Reader, executionId: string): Promise<ArtifactsTable[]> =>
  db.selectFrom('artifacts').selectAll().where('execution_id', '=', executionId).orderBy('name').execute();

export const findArtifact = (db: Reader | Writer, executionId: string, name: string): Promise<ArtifactsTable | undefined> =>
  db.selectFrom('artifacts').selectAll().where('execution_id', '=', executionId).where('name', '=', name).executeTakeFirst();

/** One of the same name gives way, unless it is of a later attempt. */
export const putArtifact = (writer: Writer, row: ArtifactsTable) =>
  writer
    .insertInto('artifacts')
    .values(row)
    .onConflict((conflict) =>
      conflict.columns(['execution_id', 'name']).doUpdateSet(row).where('artifacts.attempt', '<=', row.attempt),
    )
    .execute();

/** What is kept of an execution, and how many files are listed, kept or not, besides one name. Index: the primary key. */
export async function sizeOfExecution(
  db: Reader | Writer,
  executionId: string,
  except: string,
): Promise<{ bytes: number; listed: number }> {
  const row = await db
    .selectFrom('artifacts')
    .select(({ fn, eb }) => [
      fn.sum<number | null>(eb.case().when('refused', 'is', null).then(eb.ref('bytes')).else(0).end()).as('bytes'),
      fn.countAll<number>().as('listed'),
    ])
    .where('execution_id', '=', executionId)
    .where('name', '!=', except)
    .executeTakeFirstOrThrow();
  return { bytes: Number(row.bytes ?? 0), listed: Number(row.listed) };
}

/** Of all; read at the start and in housekeeping alone. */
export async function sizeOfAll(db: Reader): Promise<number> {
  const row = await db
    .selectFrom('artifacts')
    .select(({ fn }) => fn.sum<number | null>('bytes').as('bytes'))
    .where('refused', 'is', null)
    .executeTakeFirstOrThrow();
  return Number(row.bytes ?? 0);
}

/** Index: artifacts_by_content. */
export async function isContentUsed(db: Reader | Writer, sha256: string): Promise<boolean> {
  const row = await db
    .selectFrom('artifacts')
    .select('sha256')
    .where('sha256', '=', sha256)
    .where('refused', 'is', null)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** Whether the agent has, or had, this attempt of the execution. Index: the primary keys. */
export async function isAttemptOf(db: Reader, executionId: string, attempt: number, agentId: string): Promise<boolean> {
  const current = await db
    .selectFrom('executions')
    .select(['agent_id', 'attempt'])
    .where('id', '=', executionId)
    .executeTakeFirst();
  if (current?.agent_id === agentId && current.attempt === attempt) return true;
  const earlier = await db
    .selectFrom('attempts')
    .select('agent_id')
    .where('execution_id', '=', executionId)
    .where('attempt', '=', attempt)
    .executeTakeFirst();
  return earlier?.agent_id === agentId;
}
