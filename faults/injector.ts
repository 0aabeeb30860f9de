import { setTimeout as pause } from 'node:timers/promises';
import type { Fault, FaultAction, FaultKind } from './fault-plan.ts';
import type { Fleet, FleetAgent } from './fleet.ts';
import { createFloodClient } from './flood-client.ts';
import type { SmallDisk } from './small-disk.ts';
import { createTwin } from './twin.ts';

/** A fault as it was done. */
export type Injected = {
  readonly fault: Fault;
  /** ms since the epoch */
  readonly from: number;
  readonly to: number;
  /** it met its target: the process came to the instant, a frame was repeated, a byte was swallowed */
  readonly hit: boolean;
  readonly note: string;
};

export type Injector = {
  readonly done: readonly Injected[];
  /** Does each fault at its time; those of one target wait for each other. Settles when the last one is over. */
  run(faults: readonly Fault[], startedAt: number, giveUp: AbortSignal): Promise<void>;
  /** when the server could not be expected to answer; open at its end while that lasts */
  readonly serverAway: readonly { readonly from: number; to: number }[];
};

export type InjectorOptions = {
  readonly fleet: Fleet;
  readonly diskOf: (target: 'server' | number) => SmallDisk | undefined;
  /** an agent that was taken away for good is left alone */
  readonly isGone: (agent: FleetAgent) => boolean;
};

type Outcome = { readonly hit: boolean; readonly note?: string };

const instantPatienceMs = 6000;

export function createInjector({ fleet, diskOf, isGone }: InjectorOptions): Injector {
  const { server } = fleet;
  const done: Injected[] = [];
  const serverAway: { from: number; to: number }[] = [];
  const turns = new Map<string, Promise<unknown>>();

  async function away<T>(work: () => Promise<T>): Promise<T> {
    const span = { from: performance.now(), to: Number.POSITIVE_INFINITY };
    serverAway.push(span);
    try {
      return await work();
    } finally {
      // what piled up meanwhile is answered first
      span.to = performance.now() + 1000;
    }
  }

  const agentOf = (index: number): FleetAgent => fleet.agents[index] as FleetAgent;

  async function startAgain(what: 'server' | FleetAgent, pauseMs: number): Promise<void> {
    await pause(pauseMs);
    await (what === 'server' ? server : what.seat).start();
  }

  const hit: Outcome = { hit: true };
  const actions: { readonly [Kind in FaultKind]: (fault: Extract<FaultAction, { kind: Kind }>) => Promise<Outcome> } = {
    'kill-server': ({ pauseMs }) =>
      away(async () => {
        await server.kill();
        await startAgain('server', pauseMs);
        return hit;
      }),
    async 'kill-agent'({ agent, pauseMs }) {
      await agentOf(agent).seat.kill();
      await startAgain(agentOf(agent), pauseMs);
      return hit;
    },
    async 'kill-at'(fault) {
      const seat = fault.side === 'server' ? server : agentOf(fault.agent).seat;
      const again = async (): Promise<Outcome> => {
        const came = await seat.atInstant(fault.instant, fault.hits, 'SIGKILL', instantPatienceMs);
        if (came) await startAgain(fault.side === 'server' ? 'server' : agentOf(fault.agent), fault.pauseMs);
        return { hit: came };
      };
      return fault.side === 'server' ? away(again) : again();
    },
    'stop-server': ({ forMs }) =>
      away(async () => {
        await server.standStill(forMs);
        return hit;
      }),
    async 'stop-agent'({ agent, forMs }) {
      await agentOf(agent).seat.standStill(forMs);
      return hit;
    },
    async 'stop-at'({ agent, instant, hits, forMs }) {
      const { seat } = agentOf(agent);
      const came = await seat.atInstant(instant, hits, 'SIGSTOP', instantPatienceMs);
      if (came) {
        await pause(forMs);
        seat.goOn();
      }
      return { hit: came };
    },
    'restart-server': ({ pauseMs }) =>
      away(async () => {
        await server.end();
        await startAgain('server', pauseMs);
        return hit;
      }),
    async 'restart-agent'({ agent, pauseMs }) {
      await agentOf(agent).seat.end();
      await startAgain(agentOf(agent), pauseMs);
      return hit;
    },
    async cut({ agent, forMs }) {
      agentOf(agent).link.cut();
      await pause(forMs);
      agentOf(agent).link.heal();
      return hit;
    },
    async 'half-open'({ agent, swallow, forMs }) {
      const { link } = agentOf(agent);
      link.swallow(swallow);
      await pause(forMs);
      const { swallowed } = link.heal();
      return { hit: swallowed > 0, note: `${swallowed} bytes` };
    },
    async slow({ agent, delayMs, bytesPerSecond, forMs }) {
      const { link } = agentOf(agent);
      link.slow(delayMs, bytesPerSecond);
      await pause(forMs);
      link.heal();
      return hit;
    },
    async frames({ agent, share, delayMs, forMs }) {
      const { link } = agentOf(agent);
      link.repeat(share, delayMs);
      await pause(forMs);
      const { repeated } = link.heal();
      return { hit: repeated > 0, note: `${repeated} frames` };
    },
    twin: ({ agent, withJournal, forMs }) => createTwin(fleet, agentOf(agent), { withJournal, forMs }),
    async 'plugin-change'({ version }) {
      fleet.writePlugins(version);
      return hit;
    },
    async 'clock-server'({ offsetMs, forMs }) {
      server.tell({ type: 'clock', offsetMs });
      await pause(forMs);
      server.tell({ type: 'clock', offsetMs: 0 });
      return hit;
    },
    async 'clock-agent'({ agent, offsetMs, forMs }) {
      const { seat } = agentOf(agent);
      seat.tell({ type: 'clock', offsetMs });
      await pause(forMs);
      seat.tell({ type: 'clock', offsetMs: 0 });
      return hit;
    },
    'disk-full-server': ({ forMs }) => away(() => fillDisk(diskOf('server'), forMs)),
    'disk-full-agent': ({ agent, forMs }) => fillDisk(diskOf(agent), forMs),
    'flood-server': ({ valid, forMs }) => createFloodClient(fleet, valid, forMs),
  };

  async function fillDisk(disk: SmallDisk | undefined, forMs: number): Promise<Outcome> {
    if (disk === undefined) return { hit: false, note: 'no small disk' };
    disk.fill();
    await pause(forMs);
    disk.free();
    return hit;
  }

  /** Faults of one process exclude each other; those of the links and of the processes do not. */
  function targetOf(fault: Fault): string {
    if (fault.kind === 'plugin-change' || fault.kind === 'flood-server') return fault.kind;
    if (!('agent' in fault)) return 'server';
    const onLink = fault.kind === 'cut' || fault.kind === 'half-open' || fault.kind === 'slow' || fault.kind === 'frames';
    return `${onLink ? 'link' : 'agent'} ${fault.agent}`;
  }

  async function inject(fault: Fault, giveUp: AbortSignal): Promise<void> {
    if (giveUp.aborted || ('agent' in fault && isGone(agentOf(fault.agent)))) return;
    const from = Date.now();
    const action = actions[fault.kind] as (fault: Fault) => Promise<Outcome>;
    const outcome = await action(fault).catch((error: unknown) => ({
      hit: false,
      note: `failed: ${String(error).slice(0, 2000)}`,
    }));
    done.push({ fault, from, to: Date.now(), hit: outcome.hit, note: outcome.note ?? '' });
  }

  return {
    done,
    serverAway,
    async run(faults, startedAt, giveUp) {
      for (const fault of faults) {
        await pause(Math.max(0, startedAt + fault.at - performance.now()), undefined, { signal: giveUp }).catch(() => {});
        if (giveUp.aborted) break;
        const target = targetOf(fault);
        turns.set(
          target,
          (turns.get(target) ?? Promise.resolve()).then(() => inject(fault, giveUp)),
        );
      }
      await Promise.all(turns.values());
    },
  };
}
