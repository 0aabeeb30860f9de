import type { Clock } from '../../platform/clock.ts';
import type { EventBus } from '../../platform/events/bus.ts';

/**
 * Remembers for a moment what was made of a run, for all who look at it at the same time. A run that has ended is looked at anew as soon
 * as something of it changes; an open one changes all the time, and is looked at anew when a moment has passed, or at its end.
 */
export type FoldCache<Value> = {
  get(run: { readonly id: string; readonly open: number }, make: () => Promise<Value>): Promise<Value>;
};

const keptWhileOpenMs = 2000;
/** Output that comes late is told by no event of its run; the result after it is. */
const keptMs = 10_000;
const keptRuns = 50;

export function createFoldCache<Value>({ clock, events }: { clock: Clock; events: EventBus }): FoldCache<Value> {
  const kept = new Map<string, { readonly at: number; readonly isFinal: boolean; readonly value: Promise<Value> }>();
  events.on('execution.changed', ({ runId }) => {
    if (kept.get(runId)?.isFinal === true) kept.delete(runId);
  });

  return {
    get({ id, open }, make) {
      const isFinal = open === 0;
      const known = kept.get(id);
      if (known !== undefined && known.isFinal === isFinal && clock.monotonic() - known.at < (isFinal ? keptMs : keptWhileOpenMs))
        return known.value;
      const value = make();
      const entry = { at: clock.monotonic(), isFinal, value };
      kept.delete(id);
      kept.set(id, entry);
      const [oldest] = kept.keys();
      if (kept.size > keptRuns && oldest !== undefined) kept.delete(oldest);
      value.catch(() => {
        if (kept.get(id) === entry) kept.delete(id);
      });
      return value;
    },
  };
}
