import type { AgentUpdate } from '../../../shared/api/updates.ts';
import { type HostUpdateState, hostUpdateStates, isUpdateOver } from '../../../shared/update-states.ts';

type Counts = AgentUpdate['counts'];

/** What a page shows of one wave. */
export type WaveRow = {
  readonly number: number;
  readonly label: string;
  readonly total: number;
  readonly counts: Counts;
  readonly over: number;
  readonly stands: 'waiting' | 'running' | 'done';
  readonly begunAt: string | null;
};

/** A wave is over for the eye when each of its hosts is; those that are away keep it open without holding up the next. */
export const waveRows = ({ waves }: AgentUpdate): WaveRow[] =>
  waves.map(({ number, label, total, counts, begunAt }) => {
    const over = overIn(counts);
    return {
      number,
      label,
      total,
      counts,
      over,
      begunAt,
      stands: begunAt === null ? 'waiting' : over >= total ? 'done' : 'running',
    };
  });

export const overIn = (counts: Counts): number =>
  hostUpdateStates.filter(isUpdateOver).reduce((sum, state) => sum + (counts[state] ?? 0), 0);

/** Those that occur, in the order in which a host goes through them. */
export const statesIn = (counts: Counts): HostUpdateState[] => hostUpdateStates.filter((state) => (counts[state] ?? 0) > 0);
