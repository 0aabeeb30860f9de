import { expect, it } from '@jest/globals';
import type { FaultKind } from '../faults/fault-plan.ts';
import { randomInstants } from '../faults/fault-plan.ts';
import { runFaults } from '../faults/run.ts';

/** Those that are over within seconds and need no rights; `npm run faults` has the others too. */
const kinds: readonly FaultKind[] = [
  'kill-server', 'kill-agent', 'kill-at', 'stop-server', 'stop-agent', 'stop-at', 'restart-agent', 'cut', 'half-open', 'slow', 'frames', 'plugin-change',
]; // biome-ignore format: a list

it('keeps every promise while processes are killed and stopped and links are cut', async () => {
  const outcome = await runFaults({
    seed: 11,
    seconds: 7,
    agents: 2,
    only: kinds,
    at: randomInstants,
    allStay: true,
    broken: [],
    keep: false,
    perSecond: 8,
    faultEverySeconds: 0.8,
    longestFaultMs: 1200,
    patienceSeconds: 60,
    signal: new AbortController().signal,
    say: () => {},
  });
  const { verdict, stories } = outcome;
  expect([...verdict.violations.map(({ promise, what }) => `${promise}: ${what}`), ...stories].join('\n')).toBe('');
  expect(outcome.faults.filter(({ hit }) => hit).length).toBeGreaterThanOrEqual(4);
  expect(verdict.executions).toBeGreaterThan(40);
  expect(verdict.duplicateStarts).toBe(0);
  expect(verdict.lostAcknowledged).toBe(0);
}, 90_000);
