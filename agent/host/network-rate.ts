import type { Metrics } from '../../shared/metrics.ts';
import type { Clock } from '../clock.ts';
import type { NetworkBytes, ReadNetworkBytes } from './network-counters.ts';

export type NetworkRates = Pick<Metrics, 'networkReceiveBytesPerSecond' | 'networkTransmitBytesPerSecond'>;

/** Where a look starts a program, an older rate is told again for so long. */
const lookEveryMs = process.platform === 'linux' ? 0 : 30_000;

/** Bytes a second since the look before; nothing after the first one, and when a counter went back (an interface that left, a wrap). */
export function createNetworkRate(resources: {
  readonly read: ReadNetworkBytes;
  readonly clock: Clock;
  readonly everyMs?: number;
}): () => Promise<NetworkRates> {
  const { read, clock, everyMs = lookEveryMs } = resources;
  let before: { readonly bytes: NetworkBytes; readonly at: number } | undefined;
  let rates: NetworkRates = {};

  return async () => {
    if (before !== undefined && clock.monotonic() - before.at < everyMs) return rates;
    const bytes = await read();
    const at = clock.monotonic();
    rates = bytes === undefined || before === undefined ? {} : ratesBetween(before.bytes, bytes, (at - before.at) / 1000);
    before = bytes === undefined ? undefined : { bytes, at };
    return rates;
  };
}

function ratesBetween(before: NetworkBytes, after: NetworkBytes, seconds: number): NetworkRates {
  const received = after.received - before.received;
  const transmitted = after.transmitted - before.transmitted;
  if (seconds <= 0 || received < 0 || transmitted < 0) return {};
  return {
    networkReceiveBytesPerSecond: Math.round(received / seconds),
    networkTransmitBytesPerSecond: Math.round(transmitted / seconds),
  };
}
