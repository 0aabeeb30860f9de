import type { Writer } from '../../schema/schema.ts';
import { emptyBlock, putSample, readBlock } from './block.ts';
import type { EndedStep } from './host-history.ts';
import { blockAt, levelNames, stepSecondsOf } from './levels.ts';
import { findBlocks, saveBlocks } from './metrics.store.ts';

export type StepsOfHost = { readonly agentId: string; readonly steps: readonly EndedStep[] };

/** Puts the steps of some hosts into their blocks: those that have rows are read, changed and written back, in the same unit of work. */
export async function writeSteps(writer: Writer, hosts: readonly StepsOfHost[]): Promise<void> {
  for (const level of levelNames) {
    const stepSeconds = stepSecondsOf[level];
    const touched = hosts.flatMap(({ agentId, steps }) =>
      steps.filter((step) => step.level === level).map((step) => ({ agentId, step, start: blockAt(stepSeconds, step.at) })),
    );
    if (touched.length === 0) continue;
    const starts = [...new Set(touched.map(({ start }) => start))];
    const agentIds = [...new Set(touched.map(({ agentId }) => agentId))];
    const present = await findBlocks(writer, stepSeconds, starts, agentIds);
    const blocks = new Map(present.map((row) => [keyOf(row.start, row.agent_id), readBlock(row.samples)]));
    const changed = new Map<string, { start: number; agent_id: string; samples: Uint8Array }>();
    for (const { agentId, step, start } of touched) {
      const key = keyOf(start, agentId);
      const samples = changed.get(key)?.samples ?? blocks.get(key) ?? emptyBlock();
      putSample(samples, (step.at - start) / stepSeconds, step.sample);
      changed.set(key, { start, agent_id: agentId, samples });
    }
    await saveBlocks(
      writer,
      // in the order of the key, which is the order on the disk
      [...changed.values()]
        .sort((a, b) => a.start - b.start || (a.agent_id < b.agent_id ? -1 : 1))
        .map((row) => ({ ...row, step_seconds: stepSeconds })),
    );
  }
}

const keyOf = (start: number, agentId: string): string => `${start} ${agentId}`;
