import type { Logger } from 'pino';
import type { AgentMessageOf, Offer } from '../../shared/protocol.ts';
import type { AttemptKey } from '../attempt-key.ts';
import type { Clock } from '../clock.ts';
import { isDiskFull } from '../disk.ts';
import type { Executor } from '../execution/job.ts';
import type { Uplink } from '../link/uplink.ts';
import type { Bundle } from '../plugins/bundle.ts';
import type { PluginCache } from '../plugins/plugin-cache.ts';
import type { Admission } from './admission.ts';
import type { HeldAttempts } from './held-attempts.ts';
import { cancelledBeforeStart, type Ending, resultOf } from './result.ts';
import type { Slots } from './slots.ts';

/**
 * What the server has offered and not yet said to start. Nothing of it is on disk, and nothing of it has run: it may be dropped at any
 * instant, and is when the connection ends.
 *
 *   offer ──> checking ──> accepted ──> (start: taken over by `running`)
 *     │          ├── declined: not now; it may come again      ├── stop: a result that says nothing ran
 *     │          ├── rejected: never; a result                 └── dropped: link cut, or no `start` in a long time
 *     │          └── dropped: the lease ended
 *     └── declined
 */
export type Offers = {
  /** The caller has fenced attempts that the journal holds or held. */
  offer(offer: Offer): void;
  /** Takes an accepted offer out, with its slot; undefined if it is not (or no longer) known. */
  take(key: AttemptKey): { readonly offer: Offer; readonly bundle: Bundle } | undefined;
  /** @returns false if there is no such offer */
  stop(key: AttemptKey): boolean;
  /** whether an offer that may start soon needs this bundle */
  uses(sha256: string): boolean;
  /** The connection ended: none of these will be started. */
  dropAll(): void;
  /** From now on, all are declined: those here and those that come. */
  close(): void;
};

type Decline = AgentMessageOf<'decline'>['reason'];
/** `leaseEnd` is by the time that goes on while the host sleeps, as it does for the server. */
type Offered = { readonly offer: Offer; readonly leaseEnd: number; bundle: Bundle | undefined; cancelTimer: () => void };

export type OffersResources = {
  readonly held: Pick<HeldAttempts, 'hasEarlierRunning'>;
  readonly uplink: Uplink;
  readonly plugins: Pick<PluginCache, 'ready' | 'obtain'>;
  readonly executor: Pick<Executor, 'refusal'>;
  readonly slots: Pick<Slots, 'total' | 'take' | 'release'>;
  readonly admission: Admission;
  readonly clock: Clock;
  readonly log: Logger;
};

/** An accepted offer that is not started within this many leases: the server has forgotten it. */
const leasesUntilStart = 10;

export function createOffers({ held, uplink, plugins, executor, slots, admission, clock, log }: OffersResources): Offers {
  /** by execution: only its latest attempt counts */
  const offered = new Map<string, Offered>();
  let isClosed = false;

  function receive(offer: Offer): void {
    const known = offered.get(offer.execution);
    if (known !== undefined && known.offer.attempt >= offer.attempt) {
      if (known.bundle !== undefined && known.offer.attempt === offer.attempt) accept(known, known.bundle);
      return;
    }
    if (known !== undefined) drop(known);
    const obstacle = obstacleTo(offer);
    if (obstacle !== undefined) {
      decline(offer, ...obstacle);
      return;
    }
    const leaseMs = offer.leaseSeconds * 1000;
    const cancelTimer = clock.after(leaseMs, () => drop(item));
    const item: Offered = { offer, leaseEnd: clock.elapsed() + leaseMs, bundle: undefined, cancelTimer };
    offered.set(offer.execution, item);
    check(item);
  }

  /** Takes a slot if there is no obstacle. */
  function obstacleTo(offer: Offer): readonly [Decline, string] | undefined {
    if (isClosed) return ['stopping', 'The agent is stopping.'];
    const noRoom = admission.obstacle();
    if (noRoom !== undefined) return noRoom;
    if (held.hasEarlierRunning(offer)) return ['slots_full', 'An earlier attempt of this execution has not ended here.'];
    if (!slots.take()) return ['slots_full', `All ${slots.total} slots are taken.`];
    return undefined;
  }

  function check(item: Offered): void {
    const { plugin, sha256 } = item.offer;
    const ready = plugins.ready(plugin, sha256);
    if (ready !== undefined) {
      judge(item, ready);
      return;
    }
    plugins.obtain(plugin, sha256).then(
      (obtained) => {
        if (!isCurrent(item)) return;
        if ('refusal' in obtained) reject(item, { outcome: 'rejected', ...obtained.refusal });
        else judge(item, obtained.bundle);
      },
      (error: unknown) => {
        log.warn({ err: error, plugin, sha256 }, 'plugin_unavailable');
        if (!isCurrent(item)) return;
        drop(item);
        decline(
          item.offer,
          isDiskFull(error) ? 'disk_full' : 'plugin_unavailable',
          `The plugin ${plugin} could not be fetched: ${error instanceof Error ? error.message : String(error)}`,
        );
      },
    );
  }

  function judge(item: Offered, bundle: Bundle): void {
    const refusal = executor.refusal(bundle.manifest, item.offer.action);
    if (refusal === undefined) accept(item, bundle);
    else reject(item, { outcome: 'rejected', ...refusal });
  }

  function accept(item: Offered, bundle: Bundle): void {
    const { execution, attempt, leaseSeconds } = item.offer;
    // the timer of the lease is late when the agent was stopped, and stands still while the host sleeps
    if (item.bundle === undefined && clock.elapsed() >= item.leaseEnd) {
      drop(item);
      return;
    }
    item.bundle = bundle;
    item.cancelTimer();
    item.cancelTimer = clock.after(leaseSeconds * 1000 * leasesUntilStart, () => {
      log.warn({ execution, attempt }, 'accepted_offer_not_started');
      drop(item);
    });
    uplink.send({ type: 'accept', execution, attempt });
    // instant: accept-queued
  }

  function reject(item: Offered, ending: Ending): void {
    drop(item);
    sendResult(item.offer, ending);
  }

  /** Not journalled: should it get lost, then the server finds that the journal does not hold the attempt, and offers it again. */
  function sendResult(offer: Offer, ending: Ending): void {
    uplink.send(resultOf(offer, ending, { logSize: offer.logFrom, cutBytes: 0 }));
  }

  function decline({ execution, attempt }: Offer, reason: Decline, message: string): void {
    uplink.send({ type: 'decline', execution, attempt, reason, message: message.slice(0, 8192) });
  }

  const isCurrent = (item: Offered): boolean => offered.get(item.offer.execution) === item;

  function drop(item: Offered): void {
    remove(item);
    slots.release();
  }

  function remove(item: Offered): void {
    item.cancelTimer();
    offered.delete(item.offer.execution);
  }

  function find({ execution, attempt }: AttemptKey): Offered | undefined {
    const item = offered.get(execution);
    return item?.offer.attempt === attempt ? item : undefined;
  }

  return {
    offer: receive,
    take(key) {
      const item = find(key);
      if (item?.bundle === undefined) return undefined;
      remove(item);
      return { offer: item.offer, bundle: item.bundle };
    },
    stop(key) {
      const item = find(key);
      if (item !== undefined) reject(item, cancelledBeforeStart);
      return item !== undefined;
    },
    uses: (sha256) => [...offered.values()].some(({ offer }) => offer.sha256 === sha256),
    dropAll() {
      for (const item of [...offered.values()]) drop(item);
    },
    close() {
      isClosed = true;
      for (const item of [...offered.values()]) {
        drop(item);
        decline(item.offer, 'stopping', 'The agent is stopping.');
      }
    },
  };
}
