import type { NewUpdate } from '../../../shared/api/updates.ts';
import { type HostUpdateState, isUnderWay, isUpdateError } from '../../../shared/update-states.ts';

/**
 * The waves of an update, as rules about values:
 *
 *   canaries ──(one of them is well)──> first share ──> … ──> last share ──> done
 *      each arrow waits until no reachable host of the waves before it is left, and then `pauseSeconds`
 *      too many errors anywhere ──> paused
 *
 * Hosts that are away hold up nothing, with one exception: without a single canary that is well nothing is known of the new executable.
 */
export type Wave = {
  readonly label: string;
  readonly begunAt: number | null;
  /** of the canaries: a person went on without one that is well */
  readonly isPassed?: boolean;
};

export type WavePlan = {
  readonly labels: readonly string[];
  /** by the id of the host; one that is missing has no part in the update */
  readonly waveOf: ReadonlyMap<string, number>;
};

/** @param hosts all of them, in an order that has nothing to do with what they are, so that a share is a sample of the fleet */
export function planWaves(hosts: readonly string[], canaries: ReadonlySet<string>, shares: readonly number[]): WavePlan {
  const others = hosts.filter((host) => !canaries.has(host));
  const ends = shares.map((share) => Math.ceil((others.length * share) / 100));
  const waveOf = new Map([...canaries].map((canary) => [canary, 0]));
  if (shares.length > 0) for (const [index, host] of others.entries()) waveOf.set(host, 1 + ends.findIndex((end) => index < end));
  return {
    labels: [canaries.size === 1 ? 'Canary' : 'Canaries', ...shares.map((share) => (share === 100 ? 'All' : `${share} %`))],
    waveOf,
  };
}

export type StateCounts = Partial<Readonly<Record<HostUpdateState, number>>>;

export type WaveFacts = {
  readonly settings: Pick<NewUpdate, 'maxErrors' | 'pauseSeconds'>;
  readonly waves: readonly Wave[];
  /** by the number of the wave */
  readonly counts: readonly StateCounts[];
  /** hosts of the waves that have begun which wait and could be told now or soon */
  readonly reachable: number;
  /** errors that a person let pass by resuming */
  readonly forgiven: number;
  readonly nextWaveAt: number | null;
  readonly now: number;
};

export type WaveStep =
  /** the waves that have begun go on */
  | { readonly kind: 'go_on'; readonly reason: string }
  | { readonly kind: 'wait_until'; readonly at: number; readonly reason: string }
  | { readonly kind: 'begin'; readonly wave: number; readonly reason: string }
  | { readonly kind: 'pause'; readonly why: 'errors' | 'canaries' }
  | { readonly kind: 'done'; readonly reason: string };

export function nextStep(facts: WaveFacts): WaveStep {
  const { settings, waves, counts, reachable, forgiven, nextWaveAt, now } = facts;
  if (errorsIn(counts) - forgiven > settings.maxErrors) return { kind: 'pause', why: 'errors' };
  const next = waves.findIndex(({ begunAt }) => begunAt === null);
  const last = next === -1 ? waves.length - 1 : next - 1;
  if (reachable > 0 || counts.slice(0, last + 1).some((wave) => sumOf(wave, isUnderWay) > 0))
    return { kind: 'go_on', reason: underWayText(waves, last) };
  if (next === -1) return { kind: 'done', reason: doneText(counts) };
  const canaries = counts[0] ?? {};
  if (last === 0 && waves[0]?.isPassed !== true && sumOf(canaries, isWell) === 0 && totalOf(canaries) > 0)
    return (canaries.waiting ?? 0) > 0
      ? { kind: 'go_on', reason: 'No canary is connected: it waits for the first one that is.' }
      : { kind: 'pause', why: 'canaries' };
  const at = nextWaveAt ?? now + (totalOf(counts[last] ?? {}) === 0 ? 0 : settings.pauseSeconds * 1000);
  if (at > now) return { kind: 'wait_until', at, reason: `${waveText(waves, last)} is over: it waits before the next.` };
  return { kind: 'begin', wave: next, reason: underWayText(waves, next) };
}

/** A canary that had the executable before has shown that it works, too. */
const isWell = (state: HostUpdateState): boolean => state === 'healthy' || state === 'current';

export const errorsIn = (counts: readonly StateCounts[]): number =>
  counts.reduce((sum, wave) => sum + sumOf(wave, isUpdateError), 0);

export const totalOf = (counts: StateCounts): number => sumOf(counts, () => true);

export function sumOf(counts: StateCounts, which: (state: HostUpdateState) => boolean): number {
  return Object.entries(counts).reduce((sum, [state, count]) => sum + (which(state as HostUpdateState) ? count : 0), 0);
}

export function mergedCounts(counts: readonly StateCounts[]): StateCounts {
  const merged: Partial<Record<HostUpdateState, number>> = {};
  for (const wave of counts)
    for (const [state, count] of Object.entries(wave) as [HostUpdateState, number][])
      merged[state] = (merged[state] ?? 0) + count;
  return merged;
}

const waveText = (waves: readonly Wave[], number: number): string =>
  `Wave ${number + 1} of ${waves.length} (${waves[number]?.label ?? ''})`;

const underWayText = (waves: readonly Wave[], number: number): string => `${waveText(waves, number)} is under way.`;

function doneText(counts: readonly StateCounts[]): string {
  const { waiting = 0, not_possible = 0 } = mergedCounts(counts);
  const left = [
    waiting > 0 && `${hosts(waiting)} that ${waiting === 1 ? 'is' : 'are'} away ${waiting === 1 ? 'gets' : 'get'} it on return.`,
    not_possible > 0 && `${hosts(not_possible)} cannot be updated from here.`,
  ].filter((part) => part !== false);
  return ['Every wave is over.', ...left].join(' ');
}

export const hosts = (count: number): string => `${count} ${count === 1 ? 'host' : 'hosts'}`;
