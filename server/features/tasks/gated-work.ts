import type { Database } from '../../schema/schema.ts';
import { givenHost } from './assignment.ts';
import { countHolders, gateAfter, type InLine, largestCapacity, lineAt } from './gates.store.ts';
import { hostsAsked } from './hosts-asked.ts';
import type { Change } from './ledger.ts';
import type { Market } from './market.ts';
import type { Plan } from './offers.ts';
import type { RunSpec, RunSpecs } from './run-specs.ts';

/**
 * Who passes the gates next: first come, first served, among those that a host could take now. What waits for a host that is away keeps
 * nobody behind it waiting. What could run, but for one of its gates, keeps its place at all of them: work that needs two locks is not
 * overtaken for ever by work that needs one. No two wait for each other, since each takes all of its gates at once.
 *
 * This is a plan: the transaction that makes the offers counts again.
 */
export type GatedWork = {
  /** @returns what may be offered, and the gates at which there is more to look at */
  plan(gates: Iterable<string>, now: number): Promise<{ readonly plans: Plan[]; readonly more: ReadonlySet<string> }>;
  allGates(): Promise<string[]>;
};

export type GatedWorkResources = {
  readonly db: Database;
  /** of all agents, as they are now */
  readonly market: () => Market;
  readonly specs: RunSpecs;
  readonly platformsOf: (sha256: string | null) => readonly string[] | undefined;
};

/** Rows read at a time, and looked at in one pass, per gate. */
const pageSize = 100;
const pagesPerPass = 10;

/** Somebody at the front of a line. */
type Waiter = { readonly row: InLine; readonly spec: RunSpec; readonly owns: boolean };

export function createGatedWork({ db, market: currentMarket, specs, platformsOf }: GatedWorkResources): GatedWork {
  /** where the pass before stopped in a line that was too long for it */
  const positions = new Map<string, string>();

  return {
    async plan(named, now) {
      const gates = new Set(named);
      const market = currentMarket();
      const waiters = new Map<string, Waiter>();
      const more = new Set<string>();
      const taken = createCounts(db);
      // gates that are met on the way are looked at too, so that nobody who came first is overtaken there
      for (const gate of gates) {
        const found = await frontOf(gate, now, market, taken);
        if (found.more) more.add(gate);
        for (const waiter of found.waiters) {
          waiters.set(waiter.row.id, waiter);
          for (const other of waiter.spec.gates) gates.add(other.gate);
        }
      }
      return { plans: await letPass([...waiters.values()].sort(byTurn), market, taken, more), more };
    },

    async allGates() {
      const names: string[] = [];
      for (let next = await gateAfter(db.read, ''); next !== undefined; next = await gateAfter(db.read, next.gate))
        names.push(next.gate);
      return names;
    },
  };

  /** Those in line that a host could take. */
  async function frontOf(
    gate: string,
    now: number,
    market: Market,
    taken: Counts,
  ): Promise<{ waiters: Waiter[]; more: boolean }> {
    const isReady = (row: InLine): boolean =>
      row.not_before <= now && row.expires_at > now && market.hasRoom(row.agent_id, platformsOf(row.plugin_sha256));
    const waiters: Waiter[] = [];
    for (const row of await lineAt(db.read, gate, 1, '', pageSize * pagesPerPass))
      if (isReady(row)) waiters.push({ row, spec: await specs.of(row.run_id), owns: true });
    let places = await taken.at(gate);
    let largest: number | undefined;
    let position = positions.get(gate) ?? '';
    positions.delete(gate);
    for (let page = 0; page < pagesPerPass; page += 1) {
      const rows = await lineAt(db.read, gate, 0, position, pageSize);
      for (const row of rows) {
        const spec = await specs.of(row.run_id);
        const capacity = spec.gates.find((one) => one.gate === gate)?.capacity ?? 0;
        const isWaiter = isReady(row);
        if (isWaiter) waiters.push({ row, spec, owns: false });
        // it keeps its place, whether it goes now or not: once all places are taken so, nobody behind can go. Who waits here alone, behind a
        // closed gate, keeps no place elsewhere; those behind may have a larger limit.
        if (isWaiter) places += 1;
        if (places < capacity || (!isWaiter && spec.gates.length > 1)) continue;
        largest ??= await largestCapacity(db.read, gate);
        if (places >= largest) return { waiters, more: false };
      }
      if (rows.length < pageSize) return { waiters, more: false };
      position = rows.at(-1)?.id ?? '';
    }
    positions.set(gate, position);
    return { waiters, more: true };
  }

  /** @param more takes the gates at which somebody kept no place after all */
  async function letPass(waiters: readonly Waiter[], market: Market, taken: Counts, more: Set<string>): Promise<Plan[]> {
    const plans: Plan[] = [];
    for (const { row, spec, owns } of waiters) {
      if (!market.hasRoom(row.agent_id, platformsOf(row.plugin_sha256))) {
        // the room went to a plan of this pass: the next one knows, and looks no further for this
        for (const { gate } of spec.gates) more.add(gate);
        continue;
      }
      const gates = owns ? [] : spec.gates;
      let isOpen = true;
      for (const { gate, capacity } of gates) isOpen &&= (await taken.at(gate)) < capacity;
      // its place is kept, whether it goes now or not
      for (const { gate } of gates) await taken.add(gate);
      if (isOpen) plans.push(...(await place(row, spec, market)));
    }
    return plans;
  }

  async function place(row: InLine, spec: RunSpec, market: Market): Promise<Plan[]> {
    if (row.agent_id !== null) {
      const agent = market.occupy(row.agent_id);
      return agent === undefined ? [] : [{ row, agent, assignment: givenHost(agent.name), spec }];
    }
    const asked = await hostsAsked(db.read, row, spec);
    const { chosen, assignment } = market.choose(platformsOf(row.plugin_sha256), asked);
    return chosen === undefined ? [] : [{ row, agent: chosen, assignment, spec }];
  }
}

/** Runs of executions that passed gates or waited at them, and do so no more. */
export const runsThatLetGo = (changes: readonly Change[]): Set<string> =>
  new Set(
    changes
      .filter(({ before, after }) => after.gates > 0 && before !== undefined && after.state !== before.state)
      .filter(({ after }) => after.open === 0 || after.state === 'queued')
      .map(({ after }) => after.run_id),
  );

const byTurn = (a: Waiter, b: Waiter): number => Number(b.owns) - Number(a.owns) || (a.row.id < b.row.id ? -1 : 1);

/** How many hold each gate, with those that this pass lets pass or keeps a place for. */
type Counts = { at(gate: string): Promise<number>; add(gate: string): Promise<void> };

function createCounts(db: Database): Counts {
  const counts = new Map<string, number>();
  const counted = {
    async at(gate: string): Promise<number> {
      const count = counts.get(gate) ?? (await countHolders(db.read, gate));
      counts.set(gate, count);
      return count;
    },
    async add(gate: string): Promise<void> {
      counts.set(gate, (await counted.at(gate)) + 1);
    },
  };
  return counted;
}
