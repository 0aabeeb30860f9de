import { MusterError } from '../../../shared/errors.ts';

/**
 * How many downloads of executables run at a time: a fleet that is set up at once takes turns, and one address cannot take all turns. They
 * need no sign-in, so that there has to be a bound.
 */
export type DownloadPlaces = {
  /** Takes a place until the signal, which comes at the end of the answer in any case. @throws MusterError `rate_limited` */
  enter(address: string | null, signal: AbortSignal): void;
};

export type DownloadPlacesResources = { readonly total?: number; readonly perAddress?: number };

/** the installers try again for longer than this */
const tryAgainSeconds = 5;

export function createDownloadPlaces({ total = 200, perAddress = 40 }: DownloadPlacesResources = {}): DownloadPlaces {
  const held = new Map<string, number>();
  let taken = 0;
  return {
    enter(address, signal) {
      const who = address ?? '';
      const own = held.get(who) ?? 0;
      if (taken >= total || own >= perAddress) {
        throw new MusterError('rate_limited', `Too many downloads at a time. Try again in ${tryAgainSeconds} s.`, {
          retryAfterSeconds: tryAgainSeconds,
        });
      }
      if (signal.aborted) return;
      taken += 1;
      held.set(who, own + 1);
      signal.addEventListener('abort', () => {
        taken -= 1;
        const left = (held.get(who) ?? 1) - 1;
        if (left > 0) held.set(who, left);
        else held.delete(who);
      });
    },
  };
}
