import type { RetryChoice } from '../../../shared/api/runs.ts';
import { type FoldGroup, majorityOf } from './fold.ts';

/** Which hosts of a run are run again, by the groups of its fold. */
export const chosenGroups = (groups: readonly FoldGroup[], only: RetryChoice): readonly FoldGroup[] => {
  if (only === 'failed') return groups.filter(hasFailed);
  if (only === 'missing') return groups.filter(isMissing);
  const majority = majorityOf(groups);
  return groups.filter((group) => group.first.open === 0 && group !== majority && majority !== undefined);
};

export const retryCounts = (groups: readonly FoldGroup[]): Record<RetryChoice, number> => {
  const count = (only: RetryChoice): number => chosenGroups(groups, only).reduce((sum, { hosts }) => sum + hosts.length, 0);
  return { failed: count('failed'), missing: count('missing'), different: count('different') };
};

const hasFailed = ({ first }: FoldGroup): boolean => ['failed', 'timed_out', 'rejected'].includes(first.state);

/** The work never reached the host, or nobody can know whether it ran there. */
const isMissing = ({ first: { state, reason } }: FoldGroup): boolean =>
  state === 'expired' ||
  state === 'lost' ||
  state === 'unknown' ||
  (state === 'skipped' && (reason === 'if_offline' || reason === 'queue_full'));
