import { maxTasksPerBatch } from '../../shared/api/task-batch.ts';
import { acknowledgementsOf } from './acknowledgements.ts';
import { preciseNow } from './agents/tally.ts';
import { isNothing, type Work } from './agents/work.ts';
import type { FleetBed } from './bed/fleet-bed.ts';
import type { PosterOfMany } from './bed/poster-of-many.ts';
import { type Consumption, consumed } from './consumption.ts';

/** How tasks come to the server. */
export type Posting = {
  readonly name: string;
  /** Posts so many tasks for Anyone; settles when the last one was accepted. */
  post(poster: PosterOfMany, tasks: number, work: Work): Promise<void>;
};

export const connections = 32;
const batchesUnderWay = 2;

export const oneByOne: Posting = {
  name: 'one by one',
  async post(poster, tasks, work) {
    const body = JSON.stringify(taskOf(work));
    await inParallel(tasks, connections, () => poster.post('/api/v1/tasks', body));
  },
};

export const inBatches: Posting = {
  name: 'in batches',
  async post(poster, tasks, work) {
    const task = taskOf(work);
    const full = JSON.stringify({ tasks: Array.from({ length: maxTasksPerBatch }, () => task) });
    const rest = tasks % maxTasksPerBatch;
    await inParallel(Math.floor(tasks / maxTasksPerBatch), batchesUnderWay, () => poster.post('/api/v1/tasks/batch', full));
    if (rest > 0) await poster.post('/api/v1/tasks/batch', JSON.stringify({ tasks: Array.from({ length: rest }, () => task) }));
  },
};

export type Throughput = {
  /** from the first POST to the last durable result */
  readonly perSecond: number;
  /** until the last POST was answered */
  readonly acceptedPerSecond: number;
  readonly took: Consumption;
};

const patienceSeconds = 120;

export async function measurePosting(bed: FleetBed, posting: Posting, tasks: number, work: Work): Promise<Throughput> {
  const acknowledgements = acknowledgementsOf(bed);
  const poster = bed.poster(connections);
  try {
    const { result, took } = await consumed(bed, async () => {
      await acknowledgements.begin();
      const startedAt = preciseNow();
      await posting.post(poster, tasks, work);
      const acceptedAt = preciseNow();
      const times = await acknowledgements.take(tasks, patienceSeconds);
      const lastAt = times.at(-1) ?? Number.NaN;
      return { perSecond: rate(tasks, lastAt - startedAt), acceptedPerSecond: rate(tasks, acceptedAt - startedAt) };
    });
    return { ...result, took };
  } finally {
    poster.close();
  }
}

const rate = (count: number, ms: number): number => (count / ms) * 1000;

const taskOf = (work: Work) =>
  isNothing(work) ? { owner: 'Anyone', plugin: 'noop' } : { owner: 'Anyone', plugin: 'work', args: work };

async function inParallel(count: number, width: number, once: () => Promise<unknown>): Promise<void> {
  let begun = 0;
  const worker = async (): Promise<void> => {
    while (begun < count) {
      begun += 1;
      await once();
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, count) }, worker));
}
