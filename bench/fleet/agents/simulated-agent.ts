import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import type { AttemptKey } from '../../../agent/attempt-key.ts';
import { createAdmission } from '../../../agent/attempts/admission.ts';
import { type Attempts, createAttempts } from '../../../agent/attempts/attempts.ts';
import { createDeliveryLoop } from '../../../agent/attempts/delivery.ts';
import { createHandBack } from '../../../agent/attempts/hand-back.ts';
import { createHeldAttempts, type HeldAttempts } from '../../../agent/attempts/held-attempts.ts';
import { createOffers } from '../../../agent/attempts/offers.ts';
import { createRunning } from '../../../agent/attempts/running.ts';
import { createSlots } from '../../../agent/attempts/slots.ts';
import type { Clock } from '../../../agent/clock.ts';
import type { Executor } from '../../../agent/execution/job.ts';
import { createHeartbeat } from '../../../agent/host/heartbeat.ts';
import { createConnection, type SessionLink } from '../../../agent/link/connection.ts';
import { openSession } from '../../../agent/link/session.ts';
import { createUplink } from '../../../agent/link/uplink.ts';
import type { SpoolFolder } from '../../../agent/spool/spool-folder.ts';
import { agentVersion } from '../../../agent/version.ts';
import type { Metrics } from '../../../shared/metrics.ts';
import { createMemoryJournal } from './memory-journal.ts';
import { agentKeyOf, type SimulatedHost } from './simulated-host.ts';
import type { SimulatedPlugins } from './simulated-plugins.ts';
import { preciseNow, type Tally } from './tally.ts';

/**
 * An agent of which everything that the server can see is the product's own: connection with its back-off, handshake, session, offers,
 * running, delivery, heartbeat. Simulated is what touches the host: journal, output files, plugins, processes, metrics.
 */
export type SimulatedAgent = {
  start(): void;
  /** Loses its connection, and comes back as an agent does. */
  cut(): void;
  stop(): Promise<void>;
};

export type SimulatedAgentResources = {
  readonly serverUrl: string;
  readonly serverPublicKey: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  readonly plugins: SimulatedPlugins;
  readonly executor: Executor;
  readonly spools: SpoolFolder;
  readonly sample: () => Metrics;
  readonly tally: Tally;
  /** told of each acknowledged result, with the time: ms since the epoch */
  readonly onAcknowledged: (at: number) => void;
};

const nothing = (): void => {};
const noUpdates = { order: nothing, orderOnRefusal: nothing, cancel: nothing, acknowledge: nothing, connected: nothing };

export function createSimulatedAgent(host: SimulatedHost, resources: SimulatedAgentResources): SimulatedAgent {
  const { serverUrl, serverPublicKey, clock, random, log, plugins, executor, spools, sample, tally } = resources;
  const key = agentKeyOf(host);
  const journal = createMemoryJournal(randomBytes(12).toString('base64url'));
  const uplink = createUplink();
  const held = createHeldAttempts();
  const slots = createSlots(host.slots);
  const delivery = createDeliveryLoop({ uplink, clock, log });
  const admission = createAdmission({ ...roomForAll, held, journal, clock, log });
  const offers = createOffers({ held, uplink, plugins, executor, slots, admission, clock, log });
  const running = createRunning({
    held,
    journal,
    spools,
    executor,
    delivery,
    handBack: createHandBack(uplink),
    releaseSlot: slots.release,
    agentName: () => host.name,
    workFolder: '',
    artifacts: { folderOf: () => '', settled: () => undefined },
    clock,
    log,
  });
  const attempts = counted(createAttempts({ held, offers, running, delivery, uplink, log }), held, resources);
  const heartbeat = createHeartbeat({
    uplink,
    metrics: {
      async sample() {
        tally.heartbeats += 1;
        return sample();
      },
    },
    clock,
    log,
  });
  let present: SessionLink | undefined;

  const connection = createConnection({
    serverUrl,
    clock,
    random,
    log,
    openSession(link) {
      const session = openSession(link, {
        agentId: host.agentId,
        serverPublicKey,
        key,
        greeting: () => ({
          agentVersion,
          slots: host.slots,
          journal: held.entries(),
          lives: [...journal.lives()],
          catalogue: plugins.digest(),
        }),
        onWelcomed() {
          tally.welcomes += 1;
          tally.connected += 1;
          present = link;
        },
        attempts,
        uplink,
        plugins: {
          update(signed) {
            if (signed !== undefined) plugins.update(signed);
            uplink.send({ type: 'plugins_held', held: plugins.held() });
          },
          setDownloadToken: () => {},
        },
        heartbeat,
        sendFacts: () => uplink.send({ type: 'facts', facts: host.facts, runtimes: { ...host.runtimes } }),
        updates: noUpdates,
        sendExecutable: () =>
          uplink.send({ type: 'executable', sha256: null, commit: 'unknown', notUpdatable: 'It is simulated.' }),
        onName: () => {},
        randomBytes,
        log,
      });
      return {
        message: session.message,
        closed() {
          session.closed();
          if (present !== link) return;
          present = undefined;
          tally.connected -= 1;
          tally.cuts += 1;
        },
      };
    },
    onOver() {
      tally.unwanted += 1;
    },
  });

  return {
    start: connection.start,
    cut: () => present?.close(cutCode, 'the connection is cut by the benchmark'),
    async stop() {
      heartbeat.stop();
      offers.close();
      await connection.stop();
      delivery.close();
    },
  };
}

/** Of those that applications may use; no policy is bound to it. */
const cutCode = 4999;

const roomForAll = {
  folder: '',
  freeDiskBytes: () => Number.POSITIVE_INFINITY,
  minFreeBytes: 0,
  outboxBytes: Number.POSITIVE_INFINITY,
};

function counted(
  attempts: Attempts,
  held: HeldAttempts,
  { tally, onAcknowledged }: Pick<SimulatedAgentResources, 'tally' | 'onAcknowledged'>,
): Attempts {
  function acknowledged(key: AttemptKey): void {
    const outcome = held.get(key)?.result?.outcome;
    if (outcome === undefined) return;
    tally.acknowledged[outcome] = (tally.acknowledged[outcome] ?? 0) + 1;
    onAcknowledged(preciseNow());
  }
  return {
    ...attempts,
    offer(message) {
      tally.offers += 1;
      attempts.offer(message);
    },
    start(message) {
      tally.starts += 1;
      attempts.start(message);
    },
    ack(message) {
      acknowledged(message);
      attempts.ack(message);
    },
    reconcile(verdicts) {
      // the acknowledgement itself went under with a connection
      for (const verdict of verdicts) if (verdict.verdict === 'forget') acknowledged(verdict);
      attempts.reconcile(verdicts);
    },
  };
}
