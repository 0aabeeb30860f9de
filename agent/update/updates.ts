import type { UpdateOrder } from '../../shared/protocol.ts';
import type { ReleaseFile } from '../../shared/release.ts';
import type { ToldUpdateState } from '../../shared/update-states.ts';
import type { Slots } from '../attempts/slots.ts';
import { believe } from './believed-release.ts';
import { executableName, type Installation, type InstallationOrNot } from './installation.ts';
import { switchDecision } from './switch-time.ts';
import { createLastUpdateEnd, type LastUpdateEndResources } from './update-end.ts';
import type { UpdateEnd } from './update-record.ts';

/**
 * The update that the server has ordered, if there is one:
 *
 *   order ──> fetching ──> ready ──> switching ──> (the process ends; the starter starts the new executable)
 *                └───────────┴──> failed: nothing was switched, and that is told until the server has recorded it
 *                └───────────┴──> dropped: cancelled, or another order came
 *
 * What the new agent, or the one that was put back, has to tell of it is in the record on disk (`update-record.ts`).
 */
export type Updates = {
  /** From a server that has proved who it is. The same again changes nothing but the mode. */
  order(order: UpdateOrder): void;
  /** From a server that refuses this agent because of its protocol, and has proved nothing: what it orders is proved by its signature alone. */
  orderOnRefusal(order: UpdateOrder): void;
  cancel(update: string): void;
  /** The server has recorded how it ended. */
  acknowledge(update: string): void;
  /** The connection is up: tells how things stand. */
  connected(): void;
  /** a sentence why no new work is taken; undefined: it is */
  leaving(): string | undefined;
  stop(): void;
};

export type UpdatesResources = LastUpdateEndResources & {
  readonly found: InstallationOrNot;
  readonly serverPublicKey: string;
  readonly version: string;
  readonly isWindows: boolean;
  /** of the executable that runs */
  readonly ownSha256: () => Promise<string>;
  readonly obtain: (
    file: ReleaseFile,
    name: string,
    signal: AbortSignal,
    onProgress: (bytes: number, total: number) => void,
  ) => Promise<void>;
  readonly slots: Pick<Slots, 'areAllFree' | 'onAllFree'>;
  /** Ends this agent in order, for the starter to start the next one. */
  readonly leave: (nextVersion: string) => void;
};

type Task = {
  order: UpdateOrder;
  readonly onRefusal: boolean;
  phase: 'fetching' | 'ready' | 'switching';
  readonly abort: AbortController;
  /** what the server was told last */
  told: { readonly state: ToldUpdateState; readonly message: string } | undefined;
  /** once it is ready */
  ready: { readonly name: string; readonly version: string; readonly atMs: number } | undefined;
  cancelLook: () => void;
};

const lookEveryMs = 1000;
const progressEveryMs = 10_000;
/** An order on refusal is not acknowledged, because nothing can be told there: it comes with each try to connect. */
const refusedAgainAfterMs = { failed: 15 * 60_000, rolled_back: 6 * 3_600_000, healthy: 6 * 3_600_000 } as const;

export function createUpdates(resources: UpdatesResources): Updates {
  const { found, record, isWindows, obtain, slots, uplink, clock, log } = resources;
  let task: Task | undefined;
  let preparing: Promise<void> = Promise.resolve();
  const lastEnd = createLastUpdateEnd(resources);
  let isStopped = false;
  // what was free is in the middle of its end when it says so
  slots.onAllFree(() => setImmediate(look));

  function take(order: UpdateOrder, onRefusal: boolean): void {
    if (isStopped || task?.phase === 'switching' || !isPlainId(order.update)) return;
    const end = lastEnd.of(order.update);
    if (end !== undefined && !(onRefusal && end.ageMs >= refusedAgainAfterMs[end.state])) lastEnd.tell();
    else if (task?.order.update === order.update) {
      task.order = { ...task.order, mode: order.mode, drainAfterSeconds: order.drainAfterSeconds };
      look();
    } else begin(order, onRefusal);
  }

  function begin(order: UpdateOrder, onRefusal: boolean): void {
    drop();
    const fresh: Task = {
      order,
      onRefusal,
      phase: 'fetching',
      abort: new AbortController(),
      told: undefined,
      ready: undefined,
      cancelLook: () => {},
    };
    task = fresh;
    log.info({ update: order.update, version: order.release.release.version, mode: order.mode }, 'update_ordered');
    // one at a time in the folder of executables, also while one that was dropped comes to its end
    preparing = preparing.then(async () => {
      try {
        if (task === fresh) await prepare(fresh);
      } catch (error) {
        if (task === fresh) conclude(fresh, 'failed', sentenceOf(error));
      }
    });
  }

  async function prepare(of: Task): Promise<void> {
    if ('notUpdatable' in found) throw new Error(found.notUpdatable);
    const { release, file } = believe(of.order.release, resources.serverPublicKey);
    if ((await resources.ownSha256()) === file.sha256) {
      if (task === of) conclude(of, 'healthy', 'It has this executable already.');
      return;
    }
    tell(of, 'downloading', '');
    let toldAt = clock.monotonic();
    const name = executableName(release, file, isWindows);
    await obtain(file, name, of.abort.signal, (bytes, total) => {
      if (clock.monotonic() - toldAt < progressEveryMs) return;
      toldAt = clock.monotonic();
      tell(of, 'downloading', `${megabytes(bytes)} of ${megabytes(total)} MB`);
    });
    if (task !== of) return;
    of.phase = 'ready';
    of.ready = { name, version: release.version, atMs: clock.monotonic() };
    tell(of, 'ready', '');
    look();
  }

  function decide({ order, ready }: Task): ReturnType<typeof switchDecision> {
    const readyForMs = clock.monotonic() - (ready?.atMs ?? 0);
    return switchDecision({
      mode: order.mode,
      drainAfterSeconds: order.drainAfterSeconds,
      readyForMs,
      isIdle: slots.areAllFree(),
    });
  }

  /** Looks by the clock, too: the time to drain comes by itself. */
  function look(): void {
    const current = task;
    if (current?.phase !== 'ready') return;
    current.cancelLook();
    if (decide(current) === 'switch') switchOver(current);
    else current.cancelLook = clock.after(lookEveryMs, look);
  }

  /** All in one turn of the event loop: nothing is accepted between the look and the end. */
  function switchOver(of: Task): void {
    if (!('installation' in found) || of.ready === undefined) return;
    const { installation } = found;
    const { name, version: nextVersion } = of.ready;
    try {
      if (installation.current() !== installation.name)
        throw new Error('Somebody else put another executable in place on this host meanwhile.');
      const { update, healthySeconds: seconds } = of.order;
      record.begin({
        update,
        state: 'switching',
        next: name,
        before: installation.name,
        nextVersion,
        beforeVersion: resources.version,
        seconds,
      });
      // instant: update-marked
      installation.point(name);
      // instant: update-switched
    } catch (error) {
      log.error({ err: error, update: of.order.update }, 'update_not_switched');
      putBack(installation, name);
      conclude(of, 'failed', `The new executable could not be put in place: ${sentenceOf(error)}`);
      return;
    }
    of.phase = 'switching';
    tell(of, 'switching', '');
    log.info({ update: of.order.update, version: nextVersion }, 'update_switching');
    resources.leave(nextVersion);
  }

  /** As far as the disk lets it; without a record, the starter starts what the name points at, and watches nothing. */
  function putBack(installation: Installation, next: string): void {
    try {
      if (installation.current() === next) installation.point(installation.name);
      record.forget();
    } catch (error) {
      log.error({ err: error }, 'update_not_put_back');
    }
  }

  function conclude(of: Task, state: UpdateEnd['state'], message: string): void {
    of.cancelLook();
    of.abort.abort();
    task = undefined;
    // one on refusal is tried again, and by the next life of the agent at once
    lastEnd.set({ update: of.order.update, state, message }, !of.onRefusal);
    lastEnd.tell();
  }

  function drop(): void {
    task?.cancelLook();
    task?.abort.abort();
    task = undefined;
  }

  function tell(of: Task, state: ToldUpdateState, message: string): void {
    of.told = { state, message };
    uplink.send({ type: 'update_status', update: of.order.update, state, message });
  }

  return {
    order: (order) => take(order, false),
    orderOnRefusal: (order) => take(order, true),
    cancel(update) {
      if (task?.order.update !== update || task.phase === 'switching') return;
      log.info({ update }, 'update_cancelled');
      drop();
    },
    acknowledge: lastEnd.acknowledge,
    connected() {
      lastEnd.connected();
      if (task?.told !== undefined) uplink.send({ type: 'update_status', update: task.order.update, ...task.told });
    },
    leaving() {
      if (task?.phase === 'switching') return 'The agent switches to another version.';
      if (task?.phase !== 'ready' || decide(task) === 'wait') return undefined;
      return `The agent is about to switch to version ${task.ready?.version}, and takes no new work before.`;
    },
    stop() {
      isStopped = true;
      drop();
    },
  };
}

/** It becomes a line of the record. */
const isPlainId = (update: string): boolean => /^[A-Za-z0-9_.-]+$/.test(update);

const sentenceOf = (error: unknown): string => {
  const { message } = error as Error;
  return message.endsWith('.') ? message : `${message}.`;
};

const megabytes = (bytes: number): number => Math.ceil(bytes / 1e6);
