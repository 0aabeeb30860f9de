import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { createAdmission } from '../../../agent/attempts/admission.ts';
import { type Attempts, createAttempts } from '../../../agent/attempts/attempts.ts';
import { createDeliveryLoop } from '../../../agent/attempts/delivery.ts';
import { createHandBack } from '../../../agent/attempts/hand-back.ts';
import { createHeldAttempts, type HeldAttempts } from '../../../agent/attempts/held-attempts.ts';
import { createOffers } from '../../../agent/attempts/offers.ts';
import { recover } from '../../../agent/attempts/recovery.ts';
import { createRunning } from '../../../agent/attempts/running.ts';
import { createSlots } from '../../../agent/attempts/slots.ts';
import type { Executor } from '../../../agent/execution/job.ts';
import { type Journal, openJournal } from '../../../agent/journal/journal.ts';
import type { SessionLink } from '../../../agent/link/connection.ts';
import type { LinkEvents } from '../../../agent/link/link.ts';
import { openSession } from '../../../agent/link/session.ts';
import { createUplink } from '../../../agent/link/uplink.ts';
import { openSpoolFolder } from '../../../agent/spool/spool-folder.ts';
import { maxLives } from '../../../shared/protocol.ts';
import type { FakeClock } from '../clock.ts';
import { bundleOf } from '../ledger-world/plugins.ts';
import { type HostDisk, journalOf, spoolOf } from './host-disk.ts';
import type { Protections } from './protections.ts';
import { serverKey } from './server-key.ts';

/** One life of the real agent, from its start to its death: all of it but the socket, the programs and the disk below the files. */
export type AgentLife = {
  readonly held: HeldAttempts;
  slotsTaken(): number;
  /** what a session hears */
  open(link: SessionLink): LinkEvents;
  /** Its memory is gone at once. Lets go of its files later. */
  die(): void;
  close(): Promise<void>;
};

export type AgentLifeResources = {
  readonly agentId: string;
  /** its id, unlike that of any other */
  readonly life: string;
  readonly name: () => string;
  readonly slots: number;
  readonly clock: FakeClock;
  readonly disk: HostDisk;
  readonly protections: Protections;
  readonly createExecutor: (life: { readonly isAlive: () => boolean; readonly clock: Pick<FakeClock, 'after'> }) => Executor;
  /** the journal is about to drop it */
  readonly onForgotten: (key: { readonly execution: string; readonly attempt: number }) => void;
};

const log = pino({ level: 'silent' });

export async function beginLife(resources: AgentLifeResources): Promise<AgentLife> {
  const { agentId, disk, protections, onForgotten } = resources;
  let isAlive = true;
  const clock: FakeClock = {
    ...resources.clock,
    after: (ms, callback) => resources.clock.after(ms, () => isAlive && callback()),
  };
  if (!protections.journal) rmSync(journalOf(disk.folder), { force: true });
  const opened = openJournal({ path: journalOf(disk.folder), clock, log, disk });
  void opened.begin(resources.life);
  const journal: Journal = {
    ...opened,
    forgotten(key) {
      if (isAlive) onForgotten(key);
      opened.forgotten(key);
    },
  };
  const spools = openSpoolFolder({ path: spoolOf(disk.folder), clock, log, disk });
  const executor = resources.createExecutor({ isAlive: () => isAlive, clock });
  const uplink = createUplink();
  const held = protections.dedup(createHeldAttempts());
  const slots = createSlots(resources.slots);
  let taken = 0;
  const countedSlots = {
    total: slots.total,
    take() {
      const could = slots.take();
      if (could) taken += 1;
      return could;
    },
    release() {
      taken -= 1;
      slots.release();
    },
  };
  const delivery = createDeliveryLoop({ uplink, clock, log });
  const plugins = {
    ready: (name: string) => ({ ...bundleOf(name), dir: '/nowhere' }),
    obtain: () => Promise.reject(new Error('it is here already')),
  };
  const freeDiskBytes = (): number => (disk.isFull ? 0 : 1e12);
  const limits = { folder: disk.folder, freeDiskBytes, minFreeBytes: 1, outboxBytes: 1e12 };
  const admission = createAdmission({ held, journal, ...limits, clock, log });
  const offers = createOffers({ held, uplink, plugins, executor, slots: countedSlots, admission, clock, log });
  const running = createRunning({
    held,
    journal,
    spools,
    executor,
    delivery,
    handBack: createHandBack(uplink),
    releaseSlot: countedSlots.release,
    agentName: resources.name,
    workFolder: join(disk.folder, 'work'),
    artifacts: { folderOf: () => '/nowhere', settled: () => Promise.resolve() },
    clock,
    log,
  });
  const attempts: Attempts = createAttempts({ held, offers, running, delivery, uplink, log });
  await recover({ held, journal, spools, executor, delivery, clock, log });

  return {
    held,
    slotsTaken: () => taken,
    open: (link) =>
      openSession(link, {
        agentId,
        serverPublicKey: serverKey.publicKey,
        key: { publicKey: '', sign: () => '' },
        greeting: () => ({
          agentVersion: '0.0.0',
          slots: resources.slots,
          journal: held.entries(),
          // an agent without them is believed whatever its journal lacks
          ...(protections.journal ? { lives: journal.lives().slice(0, maxLives) } : {}),
        }),
        onWelcomed: journal.welcomed,
        randomBytes: (size) => Buffer.alloc(size),
        attempts,
        uplink,
        plugins: { update() {}, setDownloadToken() {} },
        heartbeat: { start() {}, stop() {} },
        sendFacts() {},
        updates: { order() {}, orderOnRefusal() {}, cancel() {}, acknowledge() {}, connected() {} },
        sendExecutable() {},
        onName() {},
        log,
      }),
    die() {
      isAlive = false;
    },
    async close() {
      isAlive = false;
      disk.isFull = false;
      disk.isSlow = false;
      delivery.close();
      spools.close();
      const closed = opened.close();
      for (let turn = 0; turn < 3; turn += 1) {
        disk.finishSyncs();
        await new Promise((resolve) => setImmediate(resolve));
      }
      disk.finishSyncs();
      await closed;
    },
  };
}
