import type { Metrics } from '../../../shared/metrics.ts';
import { sampleOf } from '../../seed/hosts.ts';
import type { Random } from '../../seed/random.ts';
import type { SimulatedHost } from './simulated-host.ts';

/** How the host is now, with all that a real one tells, and another answer each time. */
export function hostSample({ facts }: Pick<SimulatedHost, 'facts'>, random: Random): () => Metrics {
  const cpus = Number(facts.cpus ?? 4);
  const memory = Number(facts.memory_gb ?? 16);
  return () => ({
    ...sampleOf(random, cpus, memory),
    networkReceiveBytesPerSecond: random.between(0, 40_000_000) / 8,
    networkTransmitBytesPerSecond: random.between(0, 20_000_000) / 8,
  });
}
