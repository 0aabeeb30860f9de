import type { Reader, Writer } from '../../schema/schema.ts';
import type { SecretsTable, SecretUsesTable } from '../../schema/tables/secrets.tables.ts';

export const findSecret = (db: Reader | Writer, name: string): Promise<SecretsTable | undefined> =>
  db.selectFrom('secrets').selectAll().where('name', '=', name).executeTakeFirst();

/** By name, by keyset on it. */
export function listSecrets(db: Reader, after: string | undefined, limit: number): Promise<SecretsTable[]> {
  const query = db.selectFrom('secrets').selectAll();
  return (after === undefined ? query : query.where('name', '>', after)).orderBy('name').limit(limit).execute();
}

export async function namesOfSecrets(db: Reader, among: readonly string[]): Promise<Set<string>> {
  if (among.length === 0) return new Set();
  const rows = await db.selectFrom('secrets').select('name').where('name', 'in', among).execute();
  return new Set(rows.map(({ name }) => name));
}

/** Every secret that this key has not sealed; read at the start alone: no index. */
export const secretsNotSealedWith = (db: Reader | Writer, keyId: string): Promise<SecretsTable[]> =>
  db.selectFrom('secrets').selectAll().where('key_id', '!=', keyId).execute();

export const upsertSecret = (writer: Writer, { name, ...row }: SecretsTable) =>
  writer
    .insertInto('secrets')
    .values({ name, ...row })
    .onConflict((conflict) => conflict.column('name').doUpdateSet(row))
    .execute();

export const deleteSecret = (writer: Writer, name: string) => writer.deleteFrom('secrets').where('name', '=', name).execute();

/** Only if it was not written since `notSince`: a run on many hosts uses one secret many times at once. */
export const setSecretUsed = (writer: Writer, name: string, at: number, notSince: number) =>
  writer
    .updateTable('secrets')
    .set({ last_used_at: at })
    .where('name', '=', name)
    .where((eb) => eb.or([eb('last_used_at', 'is', null), eb('last_used_at', '<=', notSince)]))
    .execute();

/** Index: the primary key, and secret_uses_by_task. */
export async function replaceUsesOfTask(
  writer: Writer,
  task: { id: string; name: string },
  secrets: readonly string[],
): Promise<void> {
  await writer.deleteFrom('secret_uses').where('task_id', '=', task.id).execute();
  const rows = secrets.map((secret): SecretUsesTable => ({ secret, task_id: task.id, task_name: task.name }));
  if (rows.length > 0) await writer.insertInto('secret_uses').values(rows).execute();
}

/** The first tasks by id, and how many there are. Index: the primary key. */
export async function usesOfSecret(
  db: Reader,
  secret: string,
  limit: number,
): Promise<{ first: { id: string; name: string }[]; count: number }> {
  const first = await db
    .selectFrom('secret_uses')
    .select(['task_id as id', 'task_name as name'])
    .where('secret', '=', secret)
    .orderBy('task_id')
    .limit(limit)
    .execute();
  if (first.length < limit) return { first, count: first.length };
  const all = await db
    .selectFrom('secret_uses')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('secret', '=', secret)
    .executeTakeFirstOrThrow();
  return { first, count: Number(all.count) };
}
