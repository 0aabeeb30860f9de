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

export type HeldRow = { readonly agent_id: string; readonly sha256: string };

/** All of them; read once, when the server starts. */
export const allHeld = (db: Reader): Promise<HeldRow[]> =>
  db.selectFrom('agent_plugins').select(['agent_id', 'sha256']).execute();
