import type { Database } from 'better-sqlite3';
import type { AgentUpdate } from '../../../shared/api/updates.ts';
import type { ApiClient } from '../api-client.ts';
import { eventually } from '../eventually.ts';

/** The one of which two live. */
export const clonedHost = 'edge-002';
/** The one whose agent is too old to come in. */
const outdatedHost = 'win-002';

/** As the server notes it when two hosts take turns with one identity, and when an agent speaks another protocol. */
export function markAsTwo(database: Database, now: number): void {
  const hosts = [
    { name: clonedHost, address: '10.20.1.11', lastAt: now },
    { name: clonedHost, address: '10.20.1.87', lastAt: now - 28_000 },
  ];
  const duplicate = JSON.stringify({ since: now - 400_000, lastAt: now, hosts });
  database.prepare('UPDATE agents SET duplicate = ? WHERE name = ?').run(duplicate, clonedHost);
  database.prepare('UPDATE agents SET other_protocol = 0 WHERE name = ?').run(outdatedHost);
}

/** An update in its second wave: some hosts have it, some wait for the end of their work, one went back. @returns its id */
export async function beginUpdate(api: Pick<ApiClient, 'get' | 'post'>): Promise<string> {
  const { id } = await api.post<AgentUpdate>('/api/v1/agent-updates', {
    target: '!tag:build',
    canary: 'name:cache-001 | name:cache-002 | name:edge-001',
    shares: [50, 100],
    maxErrors: 1,
  });
  await eventually(
    'the second wave is under way',
    async () => {
      const { counts } = await api.get<AgentUpdate>(`/api/v1/agent-updates/${id}`);
      return (counts.ready ?? 0) > 0 && (counts.healthy ?? 0) > 2 && (counts.switching ?? 0) + (counts.downloading ?? 0) === 0;
    },
    20_000,
  );
  return id;
}
