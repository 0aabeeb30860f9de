import { randomBytes } from 'node:crypto';
import { enrol } from '../../../agent/identity/enrolment.ts';
import { agentKeyOf, makeKeys } from '../agents/simulated-host.ts';

const atOnce = 32;

/** Spends a join token as agents do. @returns how long each took, ms */
export async function enrolHosts(order: {
  readonly serverUrl: string;
  readonly joinToken: string;
  readonly count: number;
  readonly prefix: string;
}): Promise<number[]> {
  const times: number[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < order.count) {
      next += 1;
      const name = `${order.prefix}-${String(next).padStart(6, '0')}`;
      const key = agentKeyOf(makeKeys());
      const startedAt = performance.now();
      await enrol({ ...order, name, tags: [], key, randomBytes });
      times.push(performance.now() - startedAt);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return times;
}
