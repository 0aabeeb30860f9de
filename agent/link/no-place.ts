import type { IncomingMessage } from 'node:http';

/**
 * Whether an answer that is no WebSocket says "not now, but then": the server does while a whole fleet comes back at once.
 * @returns after how many ms; undefined if it says no such thing
 */
export function noPlaceMsOf({ statusCode, headers }: Pick<IncomingMessage, 'statusCode' | 'headers'>): number | undefined {
  if (statusCode !== 503 && statusCode !== 429) return undefined;
  // the other form of the header, a date, is of a clock that may be another one
  const seconds = /^\d{1,6}$/.test(headers['retry-after'] ?? '') ? Number(headers['retry-after']) : undefined;
  // "at once" names no time: nobody is to be asked without end and without longer waits
  return seconds === undefined || seconds === 0 ? undefined : seconds * 1000;
}
