import type SqliteDatabase from 'better-sqlite3';
import { emptyBlock, putSample } from '../../../server/features/metrics/block.ts';
import { blockAt, type LevelName, stepAt, stepSecondsOf } from '../../../server/features/metrics/levels.ts';
import { addTo, averageOf, newStep } from '../../../server/features/metrics/running-step.ts';
import { pack } from '../../../server/features/metrics/sample.ts';
import type { ShownHost } from './hosts.ts';

export type MetricHistory = {
  readonly host: ShownHost;
  readonly agentId: string;
  /** seconds back from now, per level; what is not named is left empty */
  readonly back: Partial<Readonly<Record<LevelName, number>>>;
};

/** Writes what a server would have kept of the heartbeats of the past, as it keeps them. */
export function writeMetricHistory(database: SqliteDatabase.Database, histories: readonly MetricHistory[], nowMs: number): void {
  const insert = database.prepare(
    'INSERT OR REPLACE INTO metric_blocks (step_seconds, start, agent_id, samples) VALUES (?, ?, ?, ?)',
  );
  const now = Math.floor(nowMs / 1000);
  database.transaction(() => {
    for (const { host, agentId, back } of histories)
      for (const [level, seconds] of Object.entries(back) as [LevelName, number][])
        for (const [start, samples] of blocksOf(host, level, now - seconds, now))
          insert.run(stepSecondsOf[level], start, agentId, Buffer.from(samples));
  })();
}

function blocksOf(host: ShownHost, level: LevelName, from: number, to: number): Map<number, Uint8Array> {
  const stepSeconds = stepSecondsOf[level];
  const blocks = new Map<number, Uint8Array>();
  for (let at = stepAt(stepSeconds, from); at < to - stepSeconds; at += stepSeconds) {
    const start = blockAt(stepSeconds, at);
    const block = blocks.get(start) ?? emptyBlock();
    blocks.set(start, block);
    const step = newStep(at);
    for (const share of [0.1, 0.5, 0.9]) addTo(step, host.metricsAt((at + share * stepSeconds) * 1000));
    putSample(block, (at - start) / stepSeconds, pack(averageOf(step)));
  }
  return blocks;
}
