import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { Uplink } from '../link/uplink.ts';
import type { UpdateEnd, UpdateRecordFile } from './update-record.ts';

/** How the last update ended here, told on each connection until the server has recorded it. */
export type LastUpdateEnd = {
  /** undefined: that update has not ended, or the server knows */
  of(update: string): (UpdateEnd & { readonly ageMs: number }) | undefined;
  /** @param isKept whether a later life of the agent tells it, too */
  set(end: UpdateEnd, isKept: boolean): void;
  tell(): void;
  /** The server has welcomed this agent: if it is what was switched to, it stays. Then tells. */
  connected(): void;
  acknowledge(update: string): void;
};

export type LastUpdateEndResources = {
  readonly record: UpdateRecordFile;
  /** what the executable that runs is called */
  readonly ownName: string;
  /** Removes all other executables of the host. */
  readonly removeOthers: (kept: readonly string[]) => void;
  readonly uplink: Pick<Uplink, 'send'>;
  readonly clock: Clock;
  readonly log: Logger;
};

const lateReturnSeconds = 20;
const mostTries = 40;
const againAfterMs = 250;

export function createLastUpdateEnd({
  record,
  ownName,
  removeOthers,
  uplink,
  clock,
  log,
}: LastUpdateEndResources): LastUpdateEnd {
  const known = record.read();
  let end = known?.state === 'switching' ? undefined : known;
  const startedAtMs = clock.elapsed();
  let endedAtMs = startedAtMs;
  let wasConnected = false;

  function set(next: UpdateEnd, isKept: boolean): void {
    end = next;
    endedAtMs = clock.elapsed();
    const { update, state, message } = next;
    log[state === 'healthy' ? 'info' : 'error']({ update, state, message }, 'update_ended');
    if (isKept) keep(next, mostTries);
  }

  /** What is healthy must not be taken back because the disk is full, or because somebody reads the record, which holds it fast on Windows. */
  function keep(ended: UpdateEnd, tries: number): void {
    try {
      record.end(ended);
      return;
    } catch (error) {
      log.error({ err: error }, 'update_end_not_stored');
    }
    try {
      record.forget();
    } catch (error) {
      log.error({ err: error }, 'update_not_forgotten');
      if (tries > 1) clock.after(againAfterMs, () => keep(ended, tries - 1));
    }
  }

  function becomeHealthy(): void {
    const switched = record.read();
    if (switched?.state !== 'switching' || switched.next !== ownName) return;
    // instant: update-not-yet-healthy
    const { update, beforeVersion, nextVersion, next, before } = switched;
    set({ update, state: 'healthy', message: `Switched from ${beforeVersion} to ${nextVersion}.` }, true);
    // instant: update-healthy
    removeOthers([next, before]);
  }

  /** A server that was away takes a good executable back, too: who reads of it should know. */
  function explainLateReturn(): void {
    const seconds = Math.round((clock.elapsed() - startedAtMs) / 1000);
    if (end?.state !== 'rolled_back' || seconds < lateReturnSeconds) return;
    end = { ...end, message: `${end.message} After that, the server could not be reached for ${seconds} s either.` };
  }

  function tell(): void {
    if (end !== undefined) uplink.send({ type: 'update_status', ...end });
  }

  return {
    of: (update) => (end?.update === update ? { ...end, ageMs: clock.elapsed() - endedAtMs } : undefined),
    set,
    tell,
    connected() {
      becomeHealthy();
      if (!wasConnected) explainLateReturn();
      wasConnected = true;
      tell();
    },
    acknowledge(update) {
      if (end?.update !== update) return;
      end = undefined;
      record.forget();
    },
  };
}
