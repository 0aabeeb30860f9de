import { sql } from 'kysely';
import type { Metrics } from '../../../shared/metrics.ts';
import type { Reader, Writer } from '../../schema/schema.ts';
import type { AgentsTable } from '../../schema/tables/agents.tables.ts';

/** All of them, oldest first; read once, when the server starts. */
export const allAgents = (db: Reader): Promise<AgentsTable[]> => db.selectFrom('agents').selectAll().orderBy('id').execute();

/** Index: the unique one on the name. */
export const findAgentByName = (writer: Writer, name: string): Promise<AgentsTable | undefined> =>
  writer.selectFrom('agents').selectAll().where('name', '=', name).executeTakeFirst();

export const findAgent = (writer: Writer, id: string): Promise<AgentsTable | undefined> =>
  writer.selectFrom('agents').selectAll().where('id', '=', id).executeTakeFirst();

export const insertAgent = (writer: Writer, row: AgentsTable) => writer.insertInto('agents').values(row).execute();

export const updateAgent = (writer: Writer, id: string, change: Partial<Omit<AgentsTable, 'id'>>) =>
  writer.updateTable('agents').set(change).where('id', '=', id).execute();

export async function deleteAgent(writer: Writer, id: string): Promise<void> {
  await writer.deleteFrom('agent_plugins').where('agent_id', '=', id).execute();
  await writer.deleteFrom('agents').where('id', '=', id).execute();
}

export type Sighting = { readonly id: string; readonly lastSeenAt: number; readonly metrics: Metrics | null };

/** Heartbeats of many agents in one statement. Every value says its type, because PostgreSQL takes untyped ones for text. */
export async function saveSightings(writer: Writer, sightings: readonly Sighting[]): Promise<void> {
  const rows = sightings.map(({ id, lastSeenAt, metrics }) => {
    const text = metrics === null ? null : JSON.stringify(metrics);
    return sql`(CAST(${id} AS TEXT), CAST(${lastSeenAt} AS BIGINT), CAST(${text} AS TEXT))`;
  });
  await sql`
    WITH seen (id, last_seen_at, metrics) AS (VALUES ${sql.join(rows)})
    UPDATE agents SET last_seen_at = seen.last_seen_at, metrics = seen.metrics FROM seen WHERE agents.id = seen.id
  `.execute(writer);
}

/** The tags of many agents in one statement. */
export async function saveTags(
  writer: Writer,
  agents: readonly { readonly id: string; readonly tags: readonly string[] }[],
): Promise<void> {
  const rows = agents.map(({ id, tags }) => sql`(CAST(${id} AS TEXT), CAST(${JSON.stringify(tags)} AS TEXT))`);
  await sql`
    WITH tagged (id, tags) AS (VALUES ${sql.join(rows)})
    UPDATE agents SET tags = tagged.tags FROM tagged WHERE agents.id = tagged.id
  `.execute(writer);
}
