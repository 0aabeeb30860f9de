import { MusterError } from '../../../shared/errors.ts';
import type { HostUpdateState } from '../../../shared/update-states.ts';
import type { Clock } from '../../platform/clock.ts';
import type { EventBus } from '../../platform/events/bus.ts';
import type { Database, Writer } from '../../schema/schema.ts';
import type { AgentUpdateHostsTable } from '../../schema/tables/updates.tables.ts';
import type { AgentsService } from '../agents/agents.service.ts';
import type { AgentLinks } from './agent-links.ts';
import { afterArrival, deadlineOf, fitnessOf, isTarget } from './host-updates.ts';
import { changeHosts, findHosts, type HostChange, insertHosts, waitingHosts } from './update-hosts.store.ts';
import type { StateCounts } from './update-waves.ts';
import { findUpdate } from './updates.store.ts';
import { lastBegunWave, orderOf, tellsHosts, type Update } from './updates.ts';

/** Who comes to an update, who is through with it, and who is told next. */
export type Offers = {
  /** Agents that told what they run as: some have the executable already, some joined the fleet after the update began. */
  arrivals(update: Update, agentIds: readonly string[]): Promise<void>;
  /**
   * Tells hosts of the waves that have begun, as many as may download at the same time.
   * @returns how many could be told and have to wait for a place, or are about to tell what they run as
   */
  offer(update: Update, counts: readonly StateCounts[]): Promise<number>;
};

export type OffersResources = {
  readonly db: Database;
  readonly clock: Clock;
  readonly events: EventBus;
  readonly agents: Pick<AgentsService, 'get' | 'resolveOwner'>;
  readonly links: AgentLinks;
};

export function createOffers({ db, clock, events, agents, links }: OffersResources): Offers {
  const over = (state: HostUpdateState, message = ''): HostChange => ({
    state,
    message,
    changed_at: clock.now(),
    away_since: null,
    deadline_at: null,
  });

  /** @returns those of these hosts that the update is for */
  function targeted({ settings }: Update, agentIds: readonly string[]): string[] {
    // an update of canaries alone is for nobody else
    if (agentIds.length === 0 || settings.shares.length === 0) return [];
    try {
      const ids = new Set(agents.resolveOwner(settings.target).agents.map(({ id }) => id));
      return agentIds.filter((id) => ids.has(id));
    } catch (error) {
      // the host that the target names was renamed or removed
      if (error instanceof MusterError) return [];
      throw error;
    }
  }

  /** @returns what becomes of the row of a host that told what it runs as; undefined: nothing new */
  function arrived(update: Update, { agent_id, state }: AgentUpdateHostsTable): HostChange | undefined {
    const agent = agents.get(agent_id);
    const presence = links.presenceOf(agent_id);
    if (agent === undefined || !presence.hasTold) return undefined;
    const { release } = update.release;
    if (isTarget(agent, release)) {
      const after = afterArrival(state);
      return after === undefined ? undefined : over(after);
    }
    const isMended = state === 'not_possible' && fitnessOf(agent, presence, release).kind === 'offer';
    return isMended ? over('waiting') : undefined;
  }

  return {
    async arrivals(update, agentIds) {
      if (agentIds.length === 0) return;
      const rows = await findHosts(db.read, update.id, agentIds);
      const known = new Set(rows.map(({ agent_id }) => agent_id));
      const joining = targeted(
        update,
        agentIds.filter((id) => !known.has(id)),
      );
      const changes = rows.flatMap((row) => {
        const change = arrived(update, row);
        return change === undefined ? [] : [{ row, change }];
      });
      if (joining.length + changes.length === 0) return;
      await db.write(async (writer) => {
        const name = (id: string): string => agents.get(id)?.name ?? '';
        await insertHosts(
          writer,
          joining.map((id) => waitingRow(update.id, { id, name: name(id) }, update.waves.length - 1, clock.now())),
        );
        for (const { row, change } of changes) await changeHosts(writer, update.id, [row.agent_id], row.state, change);
      });
      events.emit('update.changed', { updateId: update.id });
    },

    async offer(update, counts) {
      const waiting = await waitingHosts(db.read, update.id, lastBegunWave(update.waves));
      let places = update.settings.atOnce - downloading(counts);
      let reachable = 0;
      const offered: string[] = [];
      const current: string[] = [];
      const notPossible = new Map<string, string[]>();
      for (const { agent_id } of waiting) {
        const fitness = fitnessOf(agents.get(agent_id), links.presenceOf(agent_id), update.release.release);
        if (fitness.kind === 'current') current.push(agent_id);
        else if (fitness.kind === 'not_possible') addTo(notPossible, fitness.message, agent_id);
        else if (fitness.kind === 'offer' && places > 0) {
          places -= 1;
          offered.push(agent_id);
        } else if (fitness.kind !== 'away') reachable += 1;
      }
      if (offered.length + current.length + notPossible.size === 0) return reachable;
      const told = await db.write(async (writer) => {
        if (!(await stillTells(writer, update.id))) return [];
        await changeHosts(writer, update.id, current, 'waiting', over('current'));
        for (const [message, ids] of notPossible)
          await changeHosts(writer, update.id, ids, 'waiting', over('not_possible', message));
        return await changeHosts(writer, update.id, offered, 'waiting', {
          ...over('offered'),
          deadline_at: deadlineOf('offered', false, clock.now(), update.settings.healthySeconds),
        });
      });
      const order = orderOf(update);
      for (const id of told) links.order(id, order);
      events.emit('update.changed', { updateId: update.id });
      return reachable;
    },
  };
}

export const downloading = (counts: readonly StateCounts[]): number =>
  counts.reduce((sum, { offered = 0, downloading: under = 0 }) => sum + offered + under, 0);

export const waitingRow = (
  updateId: string,
  { id, name }: { readonly id: string; readonly name: string },
  wave: number,
  now: number,
): AgentUpdateHostsTable => ({
  update_id: updateId,
  agent_id: id,
  agent_name: name,
  wave,
  state: 'waiting',
  message: '',
  changed_at: now,
  away_since: null,
  deadline_at: null,
});

function addTo(groups: Map<string, string[]>, name: string, member: string): void {
  const group = groups.get(name);
  if (group === undefined) groups.set(name, [member]);
  else group.push(member);
}

/** It may have been paused or ended since it was read. */
async function stillTells(writer: Writer, updateId: string): Promise<boolean> {
  const row = await findUpdate(writer, updateId);
  return row !== undefined && tellsHosts(row.state);
}
