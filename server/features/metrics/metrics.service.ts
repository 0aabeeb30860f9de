import type { Logger } from 'pino';
import { toInstant } from '../../../shared/api/listing.ts';
import type { MetricRange, MetricSeries } from '../../../shared/api/metrics.ts';
import { metricNames } from '../../../shared/api/metrics.ts';
import { MusterError } from '../../../shared/errors.ts';
import type { Clock } from '../../platform/clock.ts';
import type { EventBus } from '../../platform/events/bus.ts';
import { createLoop, type Loop } from '../../platform/loops/loop.ts';
import type { Database } from '../../schema/schema.ts';
import type { AgentsService } from '../agents/agents.service.ts';
import { readBlock, sampleAt } from './block.ts';
import { createHistories } from './histories.ts';
import { blocksBetween, levelsOf, type MetricsKept, stepsPerBlock } from './levels.ts';
import { findBlocks } from './metrics.store.ts';
import { createPruning } from './pruning.ts';
import { chartSeries, emptySeries, type Series, type Span, spanOf } from './ranges.ts';
import { type Packed, unpackValue } from './sample.ts';
import type { Sparklines } from './sparkline.ts';
import { createSparklineReading } from './sparkline-reading.ts';

/** How hosts were over time, from their heartbeats. What a page shows comes from memory and from a few rows found by their keys. */
export type MetricsService = {
  /** @throws MusterError not_found */
  series(agentId: string, range: MetricRange): Promise<MetricSeries>;
  /** The last half hour of each host that was heard of; others are left out. */
  sparklines(agentIds: readonly string[]): Promise<ReadonlyMap<string, Sparklines>>;
  start(): void;
  /** Writes what is in memory. May be called twice. */
  stop(): Promise<void>;
};

export type MetricsResources = {
  readonly db: Database;
  readonly clock: Clock;
  readonly log: Logger;
  readonly events: EventBus;
  readonly random: () => number;
  readonly agents: Pick<AgentsService, 'get'>;
  readonly settings: MetricsKept & { readonly heartbeatSeconds: number };
  /** between two units of work that remove something */
  readonly pause: () => Promise<void>;
};

const writeEveryMs = 2_000;
const pruneEveryMs = 10 * 60_000;

export function createMetrics({ db, clock, log, events, random, agents, settings, pause }: MetricsResources): MetricsService {
  const histories = createHistories({ db, clock, random });
  const pruning = createPruning({ db, clock, levels: levelsOf(settings), pause });
  const sparklines = createSparklineReading({ db, clock, histories });
  const now = (): number => Math.floor(clock.now() / 1000);
  let loops: readonly Loop[] = [];
  let listening: readonly (() => void)[] = [];

  async function removed(agentId: string): Promise<void> {
    histories.forget(agentId);
    await pruning.removeAgent(agentId);
  }

  return {
    async series(agentId, range) {
      if (agents.get(agentId) === undefined) throw new MusterError('not_found', 'There is no such agent.');
      const span = spanOf(range, now());
      const series = await read(agentId, span);
      return {
        range,
        from: toInstant(span.from * 1000),
        stepSeconds: span.stepSeconds * span.merge,
        series: chartSeries(series, span, settings.heartbeatSeconds),
      };
    },
    sparklines,
    start() {
      listening = [
        events.on('agent.metrics', ({ agentId }) => {
          const metrics = agents.get(agentId)?.metrics ?? null;
          if (metrics !== null) histories.noted(agentId, metrics);
        }),
        events.on('agent.changed', ({ agentId }) => {
          if (agents.get(agentId) === undefined)
            removed(agentId).catch((error: unknown) => log.error({ err: error, agentId }, 'metrics not removed'));
        }),
      ];
      loops = [
        createLoop({ name: 'metrics', clock, log, everyMs: writeEveryMs, run: histories.writeDue }),
        createLoop({ name: 'old metrics', clock, log, everyMs: pruneEveryMs, run: pruning.pass }),
      ];
    },
    async stop() {
      for (const off of listening) off();
      await Promise.all(loops.map((loop) => loop.stop()));
      await histories.writeAll();
    },
  };

  async function read(agentId: string, { level, stepSeconds, from, to }: Span): Promise<Series> {
    const series = emptySeries((to - from) / stepSeconds);
    const put = (at: number, sample: Packed): void => {
      if (at < from || at >= to) return;
      for (const [index, name] of metricNames.entries()) {
        const value = unpackValue(name, sample[index] as number);
        if (value !== null) series[name][(at - from) / stepSeconds] = value;
      }
    };
    // taken before the disk is read: a step on its way there is then in one of the two for certain
    const present = histories.get(agentId)?.steps(level) ?? [];
    for (const row of await findBlocks(db.read, stepSeconds, blocksBetween(stepSeconds, from, to), [agentId])) {
      const block = readBlock(row.samples);
      for (let step = 0; step < stepsPerBlock; step += 1) put(row.start + step * stepSeconds, sampleAt(block, step));
    }
    for (const { at, sample } of present) put(at, sample);
    return series;
  }
}
