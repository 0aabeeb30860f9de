import { toInstant, toInstantOrNull } from '../../../shared/api/listing.ts';
import { type AgentUpdate, type NewUpdate, newUpdate } from '../../../shared/api/updates.ts';
import { MusterError } from '../../../shared/errors.ts';
import type { UpdateOrder } from '../../../shared/protocol.ts';
import { type SignedRelease, signedRelease } from '../../../shared/release.ts';
import type { UpdateState } from '../../../shared/update-states.ts';
import type { AgentUpdatesTable } from '../../schema/tables/updates.tables.ts';
import { mergedCounts, type StateCounts, totalOf, type Wave } from './update-waves.ts';

/** An update as its row has it. */
export type Update = {
  readonly id: string;
  readonly release: SignedRelease;
  readonly settings: NewUpdate;
  readonly state: UpdateState;
  readonly reason: string;
  readonly waves: readonly Wave[];
  readonly nextWaveAt: number | null;
  readonly forgiven: number;
  readonly createdAt: number;
  readonly createdBy: string;
  readonly finishedAt: number | null;
};

export const updateOfRow = (row: AgentUpdatesTable): Update => ({
  id: row.id,
  release: signedRelease.parse(JSON.parse(row.release)),
  settings: newUpdate.parse(JSON.parse(row.settings)),
  state: row.state,
  reason: row.reason,
  waves: JSON.parse(row.waves) as Wave[],
  nextWaveAt: row.next_wave_at,
  forgiven: row.forgiven,
  createdAt: row.created_at,
  createdBy: row.created_by,
  finishedAt: row.finished_at,
});

export const rowOfUpdate = (update: Update): AgentUpdatesTable => ({
  id: update.id,
  release: JSON.stringify(update.release),
  settings: JSON.stringify(update.settings),
  state: update.state,
  reason: update.reason,
  waves: JSON.stringify(update.waves),
  next_wave_at: update.nextWaveAt,
  forgiven: update.forgiven,
  created_at: update.createdAt,
  created_by: update.createdBy,
  finished_at: update.finishedAt,
});

/** Those in which hosts that have not begun are told to. */
export const tellsHosts = (state: UpdateState): boolean => state === 'running' || state === 'done';

/** The number of the last wave that has begun. */
export const lastBegunWave = (waves: readonly Wave[]): number => waves.findLastIndex(({ begunAt }) => begunAt !== null);

/** @param counts by the number of the wave */
export const toAgentUpdate = (update: Update, counts: readonly StateCounts[]): AgentUpdate => {
  const { version, commit, files } = update.release.release;
  const all = mergedCounts(counts);
  return {
    id: update.id,
    version,
    commit,
    state: update.state,
    reason: update.reason,
    settings: update.settings,
    files: files.map(({ platform, sha256 }) => ({ platform, sha256 })),
    waves: update.waves.map(({ label, begunAt }, number) => ({
      number,
      label,
      begunAt: toInstantOrNull(begunAt),
      total: totalOf(counts[number] ?? {}),
      counts: counts[number] ?? {},
    })),
    total: totalOf(all),
    counts: all,
    createdAt: toInstant(update.createdAt),
    createdBy: update.createdBy,
    finishedAt: toInstantOrNull(update.finishedAt),
  };
};

export const orderOf = ({ id, release, settings }: Update): UpdateOrder => ({
  update: id,
  release,
  mode: settings.mode,
  drainAfterSeconds: settings.drainAfterSeconds,
  healthySeconds: settings.healthySeconds,
});

export const updateNotFound = (): MusterError =>
  new MusterError('not_found', 'There is no such update. `muster agents updates` lists them.');
