import type { Reader, Writer } from '../../schema/schema.ts';

export type HeldPlugin = { readonly name: string; readonly sha256: string };

/** Index: the primary key, which begins with the agent. */
export const pluginsOfAgent = (db: Reader | Writer, agentId: string): Promise<HeldPlugin[]> =>
  db.selectFrom('agent_plugins').select(['name', 'sha256']).where('agent_id', '=', agentId).orderBy('name').execute();

const perStatement = 200;

/** Makes the rows of an agent what it says that it holds. Only the difference is written. */
export async function replaceHeld(writer: Writer, agentId: string, held: readonly HeldPlugin[]): Promise<void> {
  const before = await pluginsOfAgent(writer, agentId);
  const keyOf = ({ name, sha256 }: HeldPlugin): string => `${name} ${sha256}`;
  const kept = new Set(held.map(keyOf));
  const known = new Set(before.map(keyOf));
  for (const { name, sha256 } of before.filter((plugin) => !kept.has(keyOf(plugin)))) {
    await writer
      .deleteFrom('agent_plugins')
      .where('agent_id', '=', agentId)
      .where('name', '=', name)
      .where('sha256', '=', sha256)
      .execute();
  }
  const added = held
    .filter((plugin) => !known.has(keyOf(plugin)))
    .map(({ name, sha256 }) => ({ agent_id: agentId, name, sha256 }));
  for (let from = 0; from < added.length; from += perStatement) {
    await writer
      .insertInto('agent_plugins')
      .values(added.slice(from, from + perStatement))
      .execute();
  }
}

/** How many agents hold each of these bundles. Index: agent_plugins_by_bundle. */
export async function holderCounts(db: Reader, hashes: readonly string[]): Promise<Map<string, number>> {
  if (hashes.length === 0) return new Map();
  const rows = await db
    .selectFrom('agent_plugins')
    .select(['sha256', (eb) => eb.fn.countAll().as('holders')])
    .where('sha256', 'in', hashes)
    .groupBy('sha256')
    .execute();
  return new Map(rows.map(({ sha256, holders }) => [sha256, Number(holders)]));
}

/** Which agent holds which of these bundles. Index: agent_plugins_by_bundle. */
export const heldBundles = (db: Reader, hashes: readonly string[]): Promise<{ agent_id: string; sha256: string }[]> =>
  hashes.length === 0
    ? Promise.resolve([])
    : db.selectFrom('agent_plugins').select(['agent_id', 'sha256']).where('sha256', 'in', hashes).execute();
