import type { FleetBed } from './bed/fleet-bed.ts';
import type { Measuring } from './measures.ts';

/** What the three sides took of the machine while something was done. */
export type Consumption = { readonly serverSeconds: number; readonly loadSeconds: number; readonly clientSeconds: number };

export async function consumed<T>(
  bed: FleetBed,
  what: () => Promise<T>,
): Promise<{ readonly result: T; readonly took: Consumption }> {
  const before = await readings(bed);
  const result = await what();
  const after = await readings(bed);
  return {
    result,
    took: {
      serverSeconds: after.server - before.server,
      loadSeconds: after.load - before.load,
      clientSeconds: after.client - before.client,
    },
  };
}

async function readings({ usage, load }: FleetBed): Promise<{ server: number; load: number; client: number }> {
  const [{ cpuSeconds: server }, { cpuSeconds }] = await Promise.all([usage(), load.report()]);
  const { user, system } = process.cpuUsage();
  return { server, load: cpuSeconds, client: (user + system) / 1e6 };
}

/** Processor time for 1,000 executions, of server, agents and client. */
export function addConsumption(measuring: Measuring, label: string, took: Consumption, executions: number): void {
  const each = 1000 / executions;
  measuring.add(`${label}: processor time of the server`, 's/1,000 executions', took.serverSeconds * each);
  measuring.add(`${label}: of the agents`, 's/1,000 executions', took.loadSeconds * each);
  measuring.add(`${label}: of the client`, 's/1,000 executions', took.clientSeconds * each);
}

const MiB = 1024 ** 2;

/** Memory of the server, as it is now. */
export async function addMemory(measuring: Measuring, label: string, bed: FleetBed): Promise<void> {
  const { residentBytes, heapBytes } = await bed.usage();
  const goal = bed.agents === 10_000 ? { under: 450e6 / MiB } : undefined;
  measuring.add(`${label}: memory of the server`, 'MiB', residentBytes / MiB, goal);
  measuring.add(`${label}: of it, objects in use or not yet collected`, 'MiB', heapBytes / MiB);
}

/**
 * What each agent costs that does nothing, beyond the memory of a server that has none. With few agents it says nothing: the code that
 * becomes warm with the first ones weighs more than they do.
 */
export async function addMemoryOfAgents(measuring: Measuring, label: string, bed: FleetBed): Promise<void> {
  if (bed.agents < enoughAgents) return;
  const each = ((await bed.usage()).residentBytes - bed.bare.residentBytes) / bed.agents / 1024;
  measuring.add(`${label}: memory of the server for each agent`, 'KiB', each, { under: 30e3 / 1024 });
}

const enoughAgents = 3000;
