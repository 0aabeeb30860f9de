import type { RandomBytes } from '../../../shared/ids.ts';

/** Names one request in the log and in its answer. */
export type RequestIds = () => string;

/** A random part for this process and a count: unique enough to find a line, and costs nothing. */
export function createRequestIds(randomBytes: RandomBytes): RequestIds {
  const process = Buffer.from(randomBytes(5)).toString('hex');
  let count = 0;
  return () => {
    count += 1;
    return `req_${process}_${count.toString(36)}`;
  };
}
