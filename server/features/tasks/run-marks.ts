import { timeOfId } from '../../../shared/ids.ts';
import { badge } from '../../platform/web/badges.ts';
import { format } from '../../platform/web/format.ts';
import type { RunMark } from './last-runs.store.ts';

/** One run in a strip: its state as a word, with what a pointer or a screen reader is told. */
export type Mark = { readonly id: string; readonly state: string; readonly word: string };

const triggers: Readonly<Record<string, string>> = {
  schedule: 'by its schedule',
  interval: 'by its schedule',
  manual: 'by hand',
  adhoc: 'by hand',
  retry: 'again',
};

/** The oldest first, as one reads. */
export const marksOf = (runs: readonly Pick<RunMark, 'id' | 'state' | 'trigger'>[], now: number): Mark[] =>
  [...runs]
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .map(({ id, state, trigger }) => ({
      id,
      state,
      word: `${badge(state).word}, ${format.relative(new Date(timeOfId(id)).toISOString(), now)}, ${triggers[trigger] ?? trigger}`,
    }));

/** How many are in each state, the most frequent first. */
export const tallyOf = (marks: readonly Mark[]): [state: string, count: number][] =>
  [...Map.groupBy(marks, ({ state }) => state)]
    .map(([state, some]): [string, number] => [state, some.length])
    .sort((a, b) => b[1] - a[1]);
