import { isTextAt } from './agents/generated-text.ts';
import type { FleetBed } from './bed/fleet-bed.ts';
import type { PosterOfMany } from './bed/poster-of-many.ts';

type Slice = {
  readonly chunks: readonly { readonly offset: number; readonly text: string }[];
  readonly next: number;
  readonly complete: boolean;
};

const waitSeconds = 20;

/**
 * Reads the log of an execution while it is written, as `muster logs -f` does, to its end.
 * @returns the bytes that it read. @throws when one of them is not what was printed
 */
export async function follow(poster: Pick<PosterOfMany, 'get'>, executionId: string): Promise<number> {
  for (let offset = 0; ; ) {
    const path = `/api/v1/executions/${executionId}/log?offset=${offset}&wait=${waitSeconds}`;
    const slice = JSON.parse(await poster.get(path)) as Slice;
    for (const { offset: at, text } of slice.chunks)
      if (!isTextAt(at, Buffer.from(text))) throw new Error(`A follower of ${executionId} read something else at byte ${at}.`);
    offset = slice.next;
    if (slice.complete) return offset;
  }
}

/** The first executions of a run, one for each follower. */
export async function firstExecutions({ api }: Pick<FleetBed, 'api'>, runId: string, count: number): Promise<string[]> {
  const { items } = await api.get<{ items: { id: string }[] }>(`/api/v1/runs/${runId}/executions?limit=${count}`);
  return items.map(({ id }) => id);
}
