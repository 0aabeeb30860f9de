import { setTimeout as pause } from 'node:timers/promises';
import type { TaskCreated } from '../shared/api/runs.ts';
import type { ApiAnswer } from '../tests/support/api-client.ts';
import type { Fleet } from './fleet.ts';
import type { WorkItem } from './workload.ts';

/** A task whose POST was answered with 201. */
export type Posted = {
  readonly item: WorkItem;
  readonly taskId: string;
  readonly runId: string | null;
  /** ms since the epoch */
  readonly postedAt: number;
  readonly tries: number;
};

export type Poster = {
  readonly posted: readonly Posted[];
  /** POSTs that were answered with something else for good */
  readonly refused: readonly { readonly item: WorkItem; readonly answer: string }[];
  /** runs whose cancel was asked for, whether or not an answer came */
  readonly cancelled: ReadonlySet<string>;
  /** Posts everything at its time; settles when all of it has its answer. */
  run(startedAt: number): Promise<void>;
  /** Ends Interval and Scheduled tasks; settles when the server said so. */
  endSchedules(): Promise<void>;
};

/** As a careful client does it: with a key, again until there is an answer. */
export function createPoster(fleet: Fleet, items: readonly WorkItem[], giveUp: AbortSignal): Poster {
  const posted: Posted[] = [];
  const refused: { item: WorkItem; answer: string }[] = [];
  const cancelled = new Set<string>();

  async function untilAnswered(send: () => Promise<ApiAnswer>): Promise<{ answer: ApiAnswer; tries: number } | undefined> {
    for (let tries = 1; !giveUp.aborted; tries += 1) {
      const answer = await send().catch(() => undefined);
      if (answer !== undefined && answer.status < 500 && answer.status !== 429) return { answer, tries };
      await pause(Math.min(100 * tries, 1000));
    }
    return undefined;
  }

  const send = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    fleet.api.send(method, path, body, { ...headers }, AbortSignal.timeout(8000));

  async function post(item: WorkItem): Promise<void> {
    const task = { ...item.task, env: { ...(item.task.env as object), WORK_DIR: fleet.workDir } };
    const postedAt = Date.now();
    const done = await untilAnswered(() => send('POST', '/api/v1/tasks', task, { 'idempotency-key': item.name }));
    if (done === undefined) return;
    if (done.answer.status !== 201) {
      refused.push({ item, answer: `${done.answer.status} ${done.answer.text}` });
      return;
    }
    const created = done.answer.json as TaskCreated;
    posted.push({ item, taskId: created.task.id, runId: created.run?.id ?? null, postedAt, tries: done.tries });
    if (item.cancelAfterMs !== undefined && created.run !== null) await cancel(created.run.id, item.cancelAfterMs);
  }

  async function cancel(runId: string, afterMs: number): Promise<void> {
    await pause(afterMs);
    cancelled.add(runId);
    await untilAnswered(() => send('POST', `/api/v1/runs/${runId}/cancel`, {}));
  }

  return {
    posted,
    refused,
    cancelled,
    async run(startedAt) {
      const under: Promise<void>[] = [];
      for (const item of items) {
        await pause(Math.max(0, startedAt + item.at - performance.now()));
        if (giveUp.aborted) break;
        under.push(post(item));
      }
      await Promise.all(under);
    },
    async endSchedules() {
      const lasting = posted.filter(({ runId }) => runId === null);
      await Promise.all(lasting.map(({ taskId }) => untilAnswered(() => send('POST', `/api/v1/tasks/${taskId}/pause`, {}))));
    },
  };
}
