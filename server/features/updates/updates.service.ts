import type { AgentUpdate, NewUpdate } from '../../../shared/api/updates.ts';
import { MusterError } from '../../../shared/errors.ts';
import type { IdGenerator } from '../../../shared/ids.ts';
import { type Release, releaseText, type SignedRelease } from '../../../shared/release.ts';
import type { Clock } from '../../platform/clock.ts';
import type { EventBus } from '../../platform/events/bus.ts';
import type { Actor } from '../../platform/http/actor.ts';
import type { Database } from '../../schema/schema.ts';
import type { AgentsService } from '../agents/agents.service.ts';
import type { AuditService } from '../audit/audit.service.ts';
import type { CreateOptions, Origin } from '../auth/origin.ts';
import type { ReleasesService } from '../releases/releases.service.ts';
import { waitingRow } from './offers.ts';
import type { UpdateChanges } from './update-changes.ts';
import { insertHosts } from './update-hosts.store.ts';
import { countsByWave } from './update-pass.ts';
import { type PlanResources, planUpdate, type UpdatePlan } from './update-plan.ts';
import { previewOf, type UpdatePreview } from './update-preview.ts';
import { errorsIn } from './update-waves.ts';
import { changeUpdate, countHosts, deleteOldUpdates, findInForce, insertUpdate } from './updates.store.ts';
import { rowOfUpdate, type Update, updateNotFound, updateOfRow } from './updates.ts';
import { createUpdatesReading, existingUpdate, shownUpdates, type UpdatesReading } from './updates-reading.ts';
import { usableRelease } from './usable-release.ts';

export type UpdatesService = UpdatesReading & {
  /**
   * Begins an update to the release that this server hands out, and ends the one before it.
   * @throws MusterError state_conflict when there is no release to update to; owner_unknown, owner_syntax, field_invalid
   */
  create(settings: NewUpdate, actor: Actor, options?: CreateOptions<AgentUpdate>): Promise<AgentUpdate>;
  /** What `create` would do now. @throws MusterError as `create` */
  preview(settings: NewUpdate): Promise<UpdatePreview>;
  /** No host is told any more, and what was not switched is taken back. Again, it changes nothing. @throws MusterError state_conflict */
  pause(id: string, actor: Actor, origin?: Origin): Promise<AgentUpdate>;
  /** The errors so far are let pass. @throws MusterError state_conflict */
  resume(id: string, actor: Actor, origin?: Origin): Promise<AgentUpdate>;
  /** For good. Again, it changes nothing. */
  end(id: string, actor: Actor, origin?: Origin): Promise<AgentUpdate>;
};

export type UpdatesServiceResources = {
  readonly db: Database;
  readonly clock: Clock;
  readonly newId: IdGenerator;
  readonly events: EventBus;
  readonly audit: Pick<AuditService, 'recordIn'>;
  readonly agents: Pick<AgentsService, 'all' | 'get' | 'resolveOwner'>;
  readonly releases: Pick<ReleasesService, 'signed' | 'find'>;
  readonly busyOf: PlanResources['busyOf'];
  readonly changes: UpdateChanges;
  /** something is to be done at once */
  readonly wake: () => void;
};

/** Ended ones beyond these are forgotten with their hosts. */
const keptUpdates = 50;

export function createUpdatesService(resources: UpdatesServiceResources): UpdatesService {
  const { db, clock, newId, events, audit, agents, releases, changes, wake } = resources;
  const reading = createUpdatesReading(resources);

  async function planned(settings: NewUpdate): Promise<{ readonly release: SignedRelease; readonly plan: UpdatePlan }> {
    const release = await usableRelease(releases);
    return { release, plan: planUpdate(settings, release.release, { ...resources, resolveOwner: agents.resolveOwner }) };
  }

  /** In one unit of work, with the end of the update before it. @returns what is to be told after the commit, too */
  const begin = (update: Update, plan: UpdatePlan, { actor, address = null, alongside }: BeginOptions) =>
    db.write(async (writer) => {
      const before = await findInForce(writer);
      const by = { name: actor.name, address };
      const replaced = `It was replaced by the update ${update.id}.`;
      const tell = before && (await changes.stopIn(writer, updateOfRow(before), 'ended', replaced, by));
      const rows = plan.hosts.flatMap((agent) => {
        const wave = plan.waveOf.get(agent.id);
        return wave === undefined ? [] : [waitingRow(update.id, agent, wave, update.createdAt)];
      });
      await insertUpdate(writer, rowOfUpdate(update));
      await insertHosts(writer, rows);
      await deleteOldUpdates(writer, keptUpdates);
      const { version, commit } = update.release.release;
      const { target, mode } = update.settings;
      await audit.recordIn(writer, {
        actor: actor.name,
        action: 'agent_update.begun',
        subject: update.id,
        detail: { version, commit, target, hosts: rows.length, waves: plan.labels, mode },
        address,
      });
      const [made] = await shownUpdates(writer, [update]);
      if (made === undefined) throw updateNotFound();
      await alongside?.(writer, made);
      return { made, tell };
    });

  return {
    ...reading,

    async create(settings, actor, options = {}) {
      const { release, plan } = await planned(settings);
      const now = clock.now();
      const update: Update = {
        id: newId('agentUpdate'),
        release,
        settings,
        state: 'running',
        reason: `Wave 1 of ${plan.labels.length} (${plan.labels[0]}) is under way.`,
        waves: plan.labels.map((label, number) => ({ label, begunAt: number === 0 ? now : null })),
        nextWaveAt: null,
        forgiven: 0,
        createdAt: now,
        createdBy: actor.name,
        finishedAt: null,
      };
      const { made, tell } = await begin(update, plan, { ...options, actor });
      tell?.();
      events.emit('update.changed', { updateId: update.id });
      wake();
      return made;
    },

    async preview(settings) {
      const { release, plan } = await planned(settings);
      return previewOf(plan, release.release);
    },

    async pause(id, actor, origin = {}) {
      const update = await existingUpdate(db.read, id);
      if (update.state === 'ended') throw hasEnded('paused');
      if (update.state !== 'paused')
        await changes.stop(update, 'paused', `It was paused by ${actor.name}.`, { ...actor, ...origin });
      return reading.get(id);
    },

    async resume(id, actor, { address = null } = {}) {
      const { release } = await usableRelease(releases);
      await db.write(async (writer) => {
        const update = await existingUpdate(writer, id);
        if (update.state === 'ended') throw hasEnded('resumed');
        if (update.state !== 'paused') return;
        if (releaseText(release) !== releaseText(update.release.release)) throw isOfAnotherRelease(update, release);
        const forgiven = errorsIn(countsByWave(await countHosts(writer, [id]), update.waves.length));
        const waves = update.waves.map((wave, number) => (number === 0 ? { ...wave, isPassed: true } : wave));
        await changeUpdate(writer, id, ['paused'], {
          state: 'running',
          reason: `It was resumed by ${actor.name}.`,
          forgiven,
          waves: JSON.stringify(waves),
          finished_at: null,
        });
        await audit.recordIn(writer, {
          actor: actor.name,
          action: 'agent_update.resumed',
          subject: id,
          detail: { version: release.version, errors: forgiven },
          address,
        });
      });
      events.emit('update.changed', { updateId: id });
      wake();
      return reading.get(id);
    },

    async end(id, actor, origin = {}) {
      const update = await existingUpdate(db.read, id);
      if (update.state !== 'ended')
        await changes.stop(update, 'ended', `It was ended by ${actor.name}.`, { ...actor, ...origin });
      return reading.get(id);
    },
  };
}

type BeginOptions = CreateOptions<AgentUpdate> & { readonly actor: Actor };

const hasEnded = (what: string): MusterError =>
  new MusterError('state_conflict', `This update has ended and cannot be ${what}: begin a new one.`);

const isOfAnotherRelease = ({ release }: Update, present: Release): MusterError =>
  new MusterError(
    'state_conflict',
    `This update is about ${release.release.version} (${release.release.commit}), and the folder of the executables holds ` +
      `${present.version} (${present.commit}) now: begin a new update.`,
  );
