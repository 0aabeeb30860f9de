import type { TaskDraft } from '../tests/support/api-client.ts';
import type { Random } from './random.ts';

/** What the work of a task does, whatever the language of its plugin. */
export type WorkMode = 'ok' | 'fail' | 'flaky' | 'never' | 'flood';

/** A task to be posted at a time of the run, and perhaps cancelled. */
export type WorkItem = {
  /** ms since the begin of the run */
  readonly at: number;
  /** name of the task, unique in the run, and its Idempotency-Key */
  readonly name: string;
  readonly mode: WorkMode;
  readonly task: TaskDraft;
  readonly cancelAfterMs?: number;
};

export type WorkloadOptions = {
  readonly seconds: number;
  /** names of the agents; the last one is taken away for good */
  readonly agents: readonly string[];
  /** posted tasks per second, on average */
  readonly perSecond: number;
};

/** The tasks of a run, in order of time. */
export function planWorkload(random: Random, { seconds, agents, perSecond }: WorkloadOptions): WorkItem[] {
  const items: WorkItem[] = [];
  for (let at = 0; ; ) {
    at += -Math.log(1 - random.next()) * (1000 / perSecond);
    if (at >= seconds * 1000) return items;
    items.push(oneTask(random, Math.floor(at), `work-${items.length + 1}`, agents));
  }
}

function oneTask(random: Random, at: number, name: string, agents: readonly string[]): WorkItem {
  const mode = random.weighted<WorkMode>([['ok', 78], ['fail', 6], ['flaky', 8], ['never', 4], ['flood', 4]]); // biome-ignore format: weights
  const type = random.weighted<'Adhoc' | 'Interval' | 'Scheduled'>([['Adhoc', 190], ['Interval', 1], ['Scheduled', 1]]); // biome-ignore format: weights
  const calm = type !== 'Adhoc';
  const lines = calm ? 3 : random.weighted([[random.between(0, 5), 6], [random.between(5, 60), 3], [random.between(60, 300), 1]]); // biome-ignore format: weights
  const ms = calm ? random.between(0, 1500) : random.weighted([[0, 5], [random.between(50, 800), 4], [random.between(1000, 5000), 2]]); // biome-ignore format: weights
  // long enough that what is said of one attempt a second time finds the next one at work
  const workMs = mode === 'never' ? 80_000 : mode === 'flaky' && !calm ? random.between(1500, 4000) : ms;
  const plugin = random.weighted([['node-work', 80], ['bash-work', 12], ['python-work', 8]]); // biome-ignore format: weights
  const task: TaskDraft = {
    name,
    owner: ownerOf(random, agents),
    plugin,
    args: {},
    type,
    env: {
      WORK_MODE: calm ? 'ok' : mode,
      WORK_LINES: String(mode === 'never' ? 4000 : lines),
      WORK_MS: String(workMs),
    },
    graceSeconds: 1,
    timeoutSeconds: mode === 'never' ? random.between(1, 4) : 60,
    expiresAfter: random.weighted([[45, 3], [20, 2], [random.between(1, 4), 1]]), // biome-ignore format: weights
    ifOffline: random.weighted([['wait', 6], ['skip', 1], ['fail', 1]]), // biome-ignore format: weights
    idempotent: random.chance(0.4),
    retries: {
      count: mode === 'flaky' ? 3 : random.pick([0, 0, 1, 2]),
      delaySeconds: random.pick([0, 0.2, 1]),
      factor: 1,
      jitter: 0.5,
    },
    outputLimitBytes: mode === 'flood' ? 20_000 : 10_485_760,
    ...(type === 'Interval' ? { everySeconds: random.between(1, 4) } : {}),
    ...(type === 'Scheduled' ? { cron: '*/2 * * * * *' } : {}),
  };
  const cancelled = !calm && random.chance(mode === 'never' ? 0.5 : 0.06);
  return { at, name, mode: calm ? 'ok' : mode, task, ...(cancelled ? { cancelAfterMs: random.between(0, 3000) } : {}) };
}

const ownerOf = (random: Random, agents: readonly string[]): string =>
  random.weighted([
    ['Anyone', 60],
    [random.pick(agents), 20],
    ['ALL', 10],
    [random.pick(['tag:odd', 'tag:even', 'tag:odd or tag:even', 'not tag:odd', 'tag:nowhere']), 10],
  ]);
