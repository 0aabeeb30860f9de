import { toInstant } from '../../../shared/api/listing.ts';
import { type Release, releaseText } from '../../../shared/release.ts';
import type { HostUpdateState } from '../../../shared/update-states.ts';
import type { Clock } from '../../platform/clock.ts';
import type { EventBus } from '../../platform/events/bus.ts';
import type { Database } from '../../schema/schema.ts';
import type { AuditService } from '../audit/audit.service.ts';
import { systemActor } from '../audit/audit.ts';
import type { AgentLinks } from './agent-links.ts';
import type { Offers } from './offers.ts';
import type { UnderWay } from './under-way.ts';
import type { UpdateChanges } from './update-changes.ts';
import { findHosts, hostsInError, listHosts } from './update-hosts.store.ts';
import { errorsIn, hosts, nextStep, type StateCounts, type WaveStep } from './update-waves.ts';
import { changeUpdate, countHosts, findInForce, listUpdates } from './updates.store.ts';
import { tellsHosts, type Update, updateOfRow } from './updates.ts';

/**
 * One look at the update that is in force, again and again: who is through, who is gone, who is next, and whether the next wave may begin.
 * It compares the rows with what is, so that it does not matter what was missed, nor when the server was stopped.
 *
 * @returns whether something follows at once
 */
export type UpdatePass = () => Promise<boolean>;

export type UpdatePassResources = {
  readonly db: Database;
  readonly clock: Clock;
  readonly events: EventBus;
  readonly audit: Pick<AuditService, 'recordIn'>;
  readonly links: AgentLinks;
  readonly offers: Offers;
  readonly underWay: UnderWay;
  readonly changes: UpdateChanges;
  /** what this server hands out now; undefined: nothing */
  readonly offeredRelease: () => Promise<Release | undefined>;
};

const namedErrors = 3;

export function createUpdatePass(resources: UpdatePassResources): UpdatePass {
  const { db, clock, events, audit, links, offers, underWay, changes, offeredRelease } = resources;
  /** hosts that could be told at the last look and had to wait */
  let reachable = 0;

  return async () => {
    const news = links.takeNews();
    try {
      return await look(news);
    } catch (error) {
      for (const id of news) links.changed(id);
      throw error;
    }
  };

  async function look(news: readonly string[]): Promise<boolean> {
    const row = await findInForce(db.read);
    const update = row === undefined ? undefined : updateOfRow(row);
    if (update !== undefined) {
      await offers.arrivals(update, news);
      await underWay.follow(update);
    }
    await underWay.endOverdue();
    if (update === undefined || !tellsHosts(update.state)) {
      await cancelTo(news, update);
      return false;
    }
    // an update that is done waits for those who come back, and they are news
    if (update.state === 'done' && news.length === 0 && reachable === 0) return false;
    if (await isAnotherRelease(update)) {
      // those who are through with it lose nothing, and those who come back need the new one
      await changes.stop(update, update.state === 'done' ? 'ended' : 'paused', anotherRelease(update), system);
      return false;
    }
    reachable = await offers.offer(update, await countsOf(update));
    return await go(update, await countsOf(update));
  }

  async function countsOf({ id, waves }: Update): Promise<readonly StateCounts[]> {
    return countsByWave(await countHosts(db.read, [id]), waves.length);
  }

  async function go(update: Update, counts: readonly StateCounts[]): Promise<boolean> {
    // one that was let pass and is mended lets no other pass
    const forgiven = Math.min(update.forgiven, errorsIn(counts));
    const step = nextStep({ ...update, forgiven, counts, reachable, now: clock.now() });
    if (step.kind === 'pause') {
      await changes.stop(update, 'paused', await whyPaused(update, counts, step.why), system);
      return false;
    }
    await write(update, step, forgiven);
    return step.kind === 'begin';
  }

  async function write(update: Update, step: Exclude<WaveStep, { kind: 'pause' }>, forgiven: number): Promise<void> {
    const reason = step.kind === 'wait_until' ? `${step.reason} It begins at ${toInstant(step.at)}.` : step.reason;
    const isLate = update.state === 'done' && step.kind === 'go_on';
    const next_wave_at = step.kind === 'wait_until' ? step.at : null;
    const isDone = step.kind === 'done' && update.state === 'running';
    const isNew = reason !== update.reason || next_wave_at !== update.nextWaveAt || forgiven !== update.forgiven;
    if (isLate || !(isNew || isDone || step.kind === 'begin')) return;
    const waves = update.waves.map((wave, number) =>
      step.kind === 'begin' && number === step.wave ? { ...wave, begunAt: clock.now() } : wave,
    );
    await db.write(async (writer) => {
      const changed = await changeUpdate(writer, update.id, [update.state], {
        reason,
        forgiven,
        next_wave_at,
        waves: JSON.stringify(waves),
        ...(isDone ? { state: 'done', finished_at: clock.now() } : {}),
      });
      if (changed && isDone)
        await audit.recordIn(writer, {
          actor: systemActor,
          action: 'agent_update.done',
          subject: update.id,
          detail: { version: update.release.release.version, because: reason },
        });
    });
    events.emit('update.changed', { updateId: update.id });
  }

  async function isAnotherRelease({ release }: Update): Promise<boolean> {
    const offered = await offeredRelease();
    return offered === undefined || releaseText(offered) !== releaseText(release.release);
  }

  async function whyPaused(update: Update, counts: readonly StateCounts[], why: 'errors' | 'canaries'): Promise<string> {
    const errors = errorsIn(counts);
    const unfit = { wave: 0, state: 'not_possible' } as const;
    const rows = [
      ...(why === 'canaries' ? await listHosts(db.read, update.id, unfit, undefined, namedErrors) : []),
      ...(await hostsInError(db.read, update.id, namedErrors)),
    ];
    const named = rows.map(({ agent_name, state, message }) =>
      `${agent_name} ${whatBecame[state] ?? state}: ${message}`.replace(/[:\s]+$/, '.'),
    );
    const { maxErrors } = update.settings;
    const head =
      why === 'canaries'
        ? 'No canary could be updated, so that nothing is known of the new executable. End this update and choose other canaries, or resume it without.'
        : `${hosts(errors)} failed or went back, and ${maxErrors === 0 ? 'none' : `no more than ${maxErrors}`} may.`;
    return [head, ...named, ...(errors > namedErrors ? [`And ${errors - namedErrors} more.`] : [])].join(' ');
  }

  /** A host that was away when the update was paused or ended may hold the order still. */
  async function cancelTo(news: readonly string[], inForce: Update | undefined): Promise<void> {
    if (news.length === 0) return;
    const newest = inForce ?? (await listUpdates(db.read, undefined, 1)).map(updateOfRow)[0];
    if (newest === undefined) return;
    const rows = await findHosts(db.read, newest.id, news);
    for (const { agent_id, state, message } of rows) if (state === 'waiting' && message !== '') links.cancel(agent_id, newest.id);
  }
}

export function countsByWave(
  rows: readonly { readonly wave: number; readonly state: string; readonly count: number }[],
  waves: number,
): readonly StateCounts[] {
  const counts: Record<string, number>[] = Array.from({ length: waves }, () => ({}));
  for (const { wave, state, count } of rows) {
    const found = counts[wave];
    if (found !== undefined) found[state] = Number(count);
  }
  return counts;
}

const whatBecame: Partial<Readonly<Record<HostUpdateState, string>>> = {
  failed: 'failed',
  rolled_back: 'went back to the one before',
  not_possible: 'cannot be updated',
};

const system = { name: systemActor };

const anotherRelease = ({ state }: Update): string =>
  'The folder of the executables holds another build now than this update is about: ' +
  (state === 'done'
    ? 'hosts that come back get that one by a new update.'
    : 'end this update and begin a new one, or put the build back.');
