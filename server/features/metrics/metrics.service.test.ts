import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Metrics } from '../../../shared/metrics.ts';
import { createFakeClock, type FakeClock } from '../../../tests/support/clock.ts';
import { openTestDatabase, type TestDatabase } from '../../../tests/support/database.ts';
import { createEventBus, type EventBus } from '../../platform/events/bus.ts';
import { blockBytes } from './block.ts';
import { createMetrics, type MetricsService } from './metrics.service.ts';

/** A real database; of the agents only what the metrics ask for: who there is, and the last heartbeat of each. */
let database: TestDatabase;
let clock: FakeClock;
let events: EventBus;
let metrics: MetricsService;
const agents = new Map<string, { metrics: Metrics }>();
const errors: unknown[] = [];
const settings = { keepMetricsRawHours: 2, keepMetricsMinuteDays: 2, keepMetricsQuarterDays: 90, heartbeatSeconds: 10 };

const sampleOf = (cpuPercent: number): Metrics => ({
  cpuPercent,
  memoryUsedBytes: 1,
  memoryTotalBytes: 4,
  diskUsedBytes: 1,
  diskTotalBytes: 2,
  load1: 1,
  agentMemoryBytes: 1,
  networkReceiveBytesPerSecond: 1000,
  networkTransmitBytesPerSecond: 10,
});

function begin(random = 0): void {
  metrics = createMetrics({
    db: database.db,
    clock,
    log: { error: (fields: unknown) => void errors.push(fields) } as never,
    events,
    random: () => random,
    agents: { get: (id) => agents.get(id) as never },
    settings,
    pause: async () => undefined,
  });
  metrics.start();
}

beforeEach(async () => {
  database = await openTestDatabase();
  clock = createFakeClock();
  events = createEventBus((error) => {
    throw error;
  });
  agents.clear();
  errors.length = 0;
  begin();
});
afterEach(async () => {
  await metrics.stop();
  await database.dispose();
  expect(errors).toEqual([]);
});

function beat(id: string, cpuPercent: number): void {
  agents.set(id, { metrics: sampleOf(cpuPercent) });
  events.emit('agent.metrics', { agentId: id });
}

/** A heartbeat of each agent every ten seconds. */
async function beats(ids: readonly string[], seconds: number, cpu: number): Promise<void> {
  for (let passed = 0; passed < seconds; passed += 10) {
    for (const id of ids) beat(id, cpu);
    await clock.advance(10_000);
  }
}

const rows = () => database.db.read.selectFrom('metric_blocks').selectAll().orderBy('step_seconds').orderBy('start').execute();
const known = (values: readonly (number | null)[]) => values.filter((value) => value !== null);

describe('the metrics of a host over time', () => {
  it('are there at once, from memory, and the same after a restart, from the disk', async () => {
    await beats(['agt_a'], 600, 20);
    const before = await metrics.series('agt_a', '1h');
    expect(before.stepSeconds).toBe(10);
    expect(known(before.series.cpuPercent)).toEqual(new Array(60).fill(20));
    expect(known(before.series.memoryPercent)[0]).toBe(25);
    expect(known(before.series.networkReceiveBytesPerSecond)[0]).toBe(1000);
    await metrics.stop();
    begin();
    expect(await metrics.series('agt_a', '1h')).toEqual(before);
    expect(known((await metrics.series('agt_a', '24h')).series.cpuMaxPercent)).toEqual([20, 20, 20, 20]);
    expect(known((await metrics.series('agt_a', '7d')).series.diskPercent)).toEqual([50]);
  });

  it('show a host that was silent as a gap, and the time since as one too', async () => {
    await beats(['agt_a'], 60, 20);
    await clock.advance(120_000);
    await beats(['agt_a'], 60, 40);
    await clock.advance(30_000);
    const { series } = await metrics.series('agt_a', '1h');
    const last = series.cpuPercent.slice(-28);
    expect(last.slice(0, 7)).toEqual([20, 20, 20, 20, 20, 20, null]);
    expect(last.slice(18, 24)).toEqual(new Array(6).fill(40));
    expect(last.slice(24)).toEqual([null, null, null, null]);
  });

  it('lose at most the last minutes when the server is killed, and go on in the same block', async () => {
    await beats(['agt_a'], 900, 20);
    // no stop: a process that was killed writes nothing
    const killed = metrics;
    begin();
    const { series } = await metrics.series('agt_a', '1h');
    expect(known(series.cpuPercent).length).toBeGreaterThanOrEqual(60);
    await beats(['agt_a'], 600, 50);
    await metrics.stop();
    begin();
    const after = known((await metrics.series('agt_a', '1h')).series.cpuPercent);
    expect(after.filter((value) => value === 20).length).toBeGreaterThanOrEqual(59);
    expect(after.filter((value) => value === 50)).toHaveLength(60);
    await killed.stop();
  });

  it('take one row of a fixed size for sixty steps, of many hosts too', async () => {
    const ids = Array.from({ length: 60 }, (_, index) => `agt_${index}`);
    await beats(ids, 300, 5);
    await metrics.stop();
    const stored = await rows();
    expect(stored.every(({ samples }) => samples.byteLength === blockBytes)).toBe(true);
    expect(stored).toHaveLength(ids.length * 3);
  });

  it('are removed when they are old enough, each level in its time', async () => {
    await beats(['agt_a'], 600, 20);
    await metrics.stop();
    expect(new Set((await rows()).map(({ step_seconds }) => step_seconds))).toEqual(new Set([10, 60, 900]));
    for (const [hours, left] of [
      [3, [60, 900]],
      [3 * 24, [900]],
      [92 * 24, []],
    ] as const) {
      clock.set(clock.now() + hours * 3_600_000);
      begin();
      await clock.advance(600_000);
      await metrics.stop();
      expect([...new Set((await rows()).map(({ step_seconds }) => step_seconds))]).toEqual(left);
    }
  });

  it('do not stay in a future that a clock made up', async () => {
    const present = clock.now();
    clock.set(present + 400 * 86_400_000);
    await beats(['agt_a'], 60, 99);
    await metrics.stop();
    clock.set(present);
    begin();
    await beats(['agt_a'], 660, 20);
    expect(known((await metrics.series('agt_a', '1h')).series.cpuPercent).every((value) => value === 20)).toBe(true);
    expect((await rows()).every(({ start }) => start * 1000 <= clock.now())).toBe(true);
  });

  it('go with the agent that is removed', async () => {
    await beats(['agt_a', 'agt_b'], 600, 20);
    await metrics.stop();
    begin();
    agents.delete('agt_a');
    events.emit('agent.changed', { agentId: 'agt_a' });
    await clock.advance(1000);
    expect(new Set((await rows()).map(({ agent_id }) => agent_id))).toEqual(new Set(['agt_b']));
    await expect(metrics.series('agt_a', '1h')).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('sparklines', () => {
  it('come from memory, after a restart with what the disk knows, and only of hosts that were heard of', async () => {
    await beats(['agt_a'], 600, 20);
    const before = (await metrics.sparklines(['agt_a', 'agt_never'])).get('agt_a');
    expect(known(before?.cpu ?? [])).toHaveLength(9);
    expect((await metrics.sparklines(['agt_never'])).size).toBe(0);
    await metrics.stop();
    begin();
    expect((await metrics.sparklines(['agt_a'])).size).toBe(0);
    beat('agt_a', 70);
    const after = (await metrics.sparklines(['agt_a'])).get('agt_a');
    expect(known(after?.cpu ?? [])).toEqual(new Array(10).fill(20));
    expect(known(after?.memory ?? [])[0]).toBe(25);
  });
});
