import type { AttemptKey } from '../attempt-key.ts';
import type { Uplink } from '../link/uplink.ts';

/**
 * Tells the server that a confirmed attempt was certainly not started, so that it can be offered again. Nothing of it is on disk: if the
 * agent dies now, its journal tells the same by not holding it. But a hello that is under way at this moment may have listed it, and
 * so it is said when the connection is up, if it is not.
 */
export type HandBack = (key: AttemptKey, message: string) => void;

export function createHandBack(uplink: Pick<Uplink, 'isUp' | 'send' | 'onChange'>): HandBack {
  let untold: (() => boolean)[] = [];

  uplink.onChange(() => {
    if (uplink.isUp()) untold = untold.filter((tell) => !tell());
  });

  return ({ execution, attempt }, message) => {
    const tell = (): boolean =>
      uplink.send({ type: 'decline', execution, attempt, reason: 'disk_full', message: message.slice(0, 8192) });
    if (!tell()) untold.push(tell);
  };
}
