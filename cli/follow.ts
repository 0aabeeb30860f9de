import { setTimeout as pause } from 'node:timers/promises';
import { type LogSlice, logSlice } from '../shared/api/executions.ts';
import { type Run, run } from '../shared/api/runs.ts';
import { MusterError } from '../shared/errors.ts';
import type { Client } from './client.ts';

/** Following what happens on the server, across its restarts: the rows are durable, so a server that comes back goes on. */

/** How long one request waits at the server for news. */
const waitSeconds = 20;
/** A server that stays away longer than this is given up. */
const patienceMs = 120_000;

export type FollowOptions = {
  readonly signal?: AbortSignal;
  /** told once when the server is away, before it is tried again */
  readonly onAway: (message: string) => void;
};

/** The chunks of a log from `offset` on, until it is complete or, without `follow`, until its present end. */
export async function* readLog(
  client: Client,
  executionId: string,
  { offset = 0, follow, ...options }: FollowOptions & { readonly offset?: number; readonly follow: boolean },
): AsyncGenerator<LogSlice['chunks'][number]> {
  for (let next = offset; ; ) {
    const query = { offset: next, wait: follow ? waitSeconds : 0 };
    const path = `/api/v1/executions/${encodeURIComponent(executionId)}/log`;
    const slice = await patiently(() => client.get(path, logSlice, query, options.signal), options);
    yield* slice.chunks;
    next = slice.next;
    if (slice.complete || (!follow && slice.chunks.length === 0)) return;
  }
}

/** Settles when the run is final. `onChange` gets every state that is seen on the way. */
export async function waitForRun(
  client: Client,
  runId: string,
  options: FollowOptions & { readonly onChange: (state: Run) => void; readonly everySeconds: number },
): Promise<Run> {
  const path = `/api/v1/runs/${encodeURIComponent(runId)}`;
  for (;;) {
    const now = await patiently(() => client.get(path, run, { wait: options.everySeconds }, options.signal), options);
    options.onChange(now);
    if (now.state !== 'active') return now;
  }
}

/** Asks again while the server is away, within bounds. */
export async function patiently<T>(ask: () => Promise<T>, { signal, onAway }: FollowOptions): Promise<T> {
  const end = Date.now() + patienceMs;
  let told = false;
  for (let delay = 250; ; delay = Math.min(delay * 2, 5000)) {
    try {
      return await ask();
    } catch (error) {
      const away = error instanceof MusterError && ['server_unreachable', 'server_stopping', 'rate_limited'].includes(error.code);
      if (!away || Date.now() > end) throw error;
      if (!told) onAway('The server is away; waiting for it to come back…');
      told = true;
      await pause(delay, undefined, { ...(signal === undefined ? {} : { signal }) });
    }
  }
}
