import type { ApiClient } from '../../../tests/support/api-client.ts';

/** What the server says of itself. */
export type ServerUsage = {
  readonly cpuSeconds: number;
  readonly residentBytes: number;
  readonly heapBytes: number;
  readonly databaseBytes: number;
};

export async function readServerUsage(api: ApiClient): Promise<ServerUsage> {
  const { text } = await api.send('GET', '/metrics');
  const value = (name: string): number => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1] ?? Number.NaN);
  return {
    cpuSeconds: value('process_cpu_seconds'),
    residentBytes: value('process_resident_memory_bytes'),
    heapBytes: value('nodejs_heap_used_bytes'),
    databaseBytes: value('muster_database_bytes'),
  };
}
