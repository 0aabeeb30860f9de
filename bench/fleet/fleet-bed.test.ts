import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import type { Run } from '../../shared/api/runs.ts';
import { createCleanups } from '../cleanups.ts';
import { acknowledgementsOf } from './acknowledgements.ts';
import { work } from './agents/work.ts';
import { type FleetBed, startFleetBed } from './bed/fleet-bed.ts';
import { checkStoredOutput } from './bed/stored-output.ts';
import { checkEnds } from './bed/verification.ts';
import { inBatches, measurePosting, oneByOne } from './posting.ts';
import { runOnAll } from './scenarios/all.ts';

const cleanups = createCleanups();
afterEach(() => cleanups.run());

const start = (agents: number, inspect?: (dataDir: string) => void): Promise<FleetBed> =>
  startFleetBed({
    agents,
    slots: 4,
    processes: 2,
    tls: false,
    cleanups,
    say: () => undefined,
    ...(inspect === undefined ? {} : { inspect }),
  });

test('simulated agents do what is asked of them once, and the database says the same as they', async () => {
  const bed = await start(6);
  const failing = work.parse({ runMs: 20, failureShare: 0.5, resultBytes: 100, logBytes: 3000 });
  const { first, last } = await runOnAll(bed, failing);
  expect(first).toBeLessThanOrEqual(last);
  await measurePosting(bed, inBatches, 1050, work.parse({}));
  await measurePosting(bed, oneByOne, 20, failing);
  const acknowledged = await acknowledgementsOf(bed).all();
  const ends = await bed.end();
  expect(ends.total).toBe(6 + 1050 + 20);
  expect(ends.byState.failed).toBeGreaterThan(0);
  checkEnds(ends, 1076, acknowledged);
  expect(() => checkEnds(ends, 1077, acknowledged)).toThrow(/1077 executions were asked for/);
  expect(() => checkEnds(ends, 1076, { ...acknowledged, failed: 0 })).toThrow(/the database holds 1076/);
  expect(existsSync(dirname(bed.dataDir))).toBe(false);
}, 60_000);

test('output comes whole over cut connections and a server that is killed', async () => {
  const logBytes = 300_000;
  const beganAt = Date.now();
  let stored = 0;
  const bed = await start(4, (dataDir) => {
    stored = checkStoredOutput(dataDir, beganAt, logBytes);
  });
  await bed.load.churn(600);
  const args = { logBytes, logBytesPerSecond: 100_000 };
  const { run } = await bed.api.createTask({ owner: 'ALL', plugin: 'work', args });
  await bed.restartServer('kill');
  const final = await bed.api.finalRun((run as Run).id, 40);
  expect(final.counts).toEqual({ succeeded: 4 });
  expect((await bed.load.report()).cuts).toBeGreaterThan(4);
  await bed.load.churn(0);
  await bed.end();
  expect(stored).toBe(4 * logBytes);
}, 90_000);
