import type { Metrics } from '../../../shared/metrics.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../schema/schema.ts';
import { createHostHistory, type HostHistory } from './host-history.ts';
import { writeSteps } from './write-steps.ts';

/**
 * The histories of all hosts that were heard of lately, and their way to the disk: each host is written every five minutes, at a moment of
 * its own, a few hosts in one unit of work, so that ten thousand of them are a steady trickle beside the ledger.
 */
export type Histories = {
  noted(agentId: string, metrics: Metrics): void;
  get(agentId: string): HostHistory | undefined;
  forget(agentId: string): void;
  /** Writes the hosts whose time has come. */
  writeDue(): Promise<void>;
  /** Ends every step and writes all of them, for an orderly stop. */
  writeAll(): Promise<void>;
  /** hosts in memory */
  size(): number;
};

export type HistoriesResources = {
  readonly db: Database;
  readonly clock: Clock;
  /** 0 to 1 */
  readonly random: () => number;
};

export const writeEverySeconds = 300;
/** After so long a silence the sparkline holds nothing any more, and so the memory need not. */
const forgetAfterSeconds = 3600;
const hostsPerUnit = 25;
const hostsPerCall = 250;

type Entry = { readonly agentId: string; readonly history: HostHistory; dueAt: number };

export function createHistories({ db, clock, random }: HistoriesResources): Histories {
  const entries = new Map<string, Entry>();
  const seconds = (): number => Math.floor(clock.now() / 1000);
  /** by the time that nobody sets */
  const uptime = (): number => clock.monotonic() / 1000;

  async function write(due: readonly Entry[]): Promise<void> {
    for (let from = 0; from < due.length; from += hostsPerUnit) {
      const group = due.slice(from, from + hostsPerUnit);
      const hosts = group.map(({ agentId, history }) => ({ agentId, steps: history.take() }));
      try {
        if (hosts.some(({ steps }) => steps.length > 0)) await db.write((writer) => writeSteps(writer, hosts));
      } catch (error) {
        for (const { history } of group) history.putBack();
        throw error;
      }
      for (const entry of group) {
        entry.history.wrote();
        entry.dueAt = uptime() + writeEverySeconds;
      }
    }
  }

  return {
    noted(agentId, metrics) {
      let entry = entries.get(agentId);
      if (entry === undefined) {
        entry = { agentId, history: createHostHistory(), dueAt: uptime() + random() * writeEverySeconds };
        entries.set(agentId, entry);
      }
      entry.history.add(metrics, seconds());
    },
    get: (agentId) => entries.get(agentId)?.history,
    forget: (agentId) => void entries.delete(agentId),
    async writeDue() {
      const now = seconds();
      const due: Entry[] = [];
      for (const entry of entries.values()) {
        if (entry.dueAt > uptime()) continue;
        entry.history.end(now);
        if (entry.history.waiting() === 0 && now - entry.history.heardAt() > forgetAfterSeconds) entries.delete(entry.agentId);
        else if (due.length < hostsPerCall) due.push(entry);
      }
      await write(due);
    },
    async writeAll() {
      for (const { history } of entries.values()) history.end(seconds(), 'all');
      await write([...entries.values()]);
    },
    size: () => entries.size,
  };
}
