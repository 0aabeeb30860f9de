import { isUpdateOver } from '../../../shared/update-states.ts';
import type { Clock } from '../../platform/clock.ts';
import type { EventBus } from '../../platform/events/bus.ts';
import type { MessageHandlers } from '../../platform/gateway/connection.ts';
import type { Database } from '../../schema/schema.ts';
import type { AgentsService } from '../agents/agents.service.ts';
import type { AgentLinks } from './agent-links.ts';
import { afterTold, deadlineOf } from './host-updates.ts';
import { changeHost, findHost } from './update-hosts.store.ts';
import { findUpdate } from './updates.store.ts';
import { tellsHosts, updateOfRow } from './updates.ts';

export type UpdateMessagesResources = {
  readonly db: Database;
  readonly clock: Clock;
  readonly events: EventBus;
  readonly agents: Pick<AgentsService, 'noteExecutable'>;
  readonly links: AgentLinks;
};

/** Of how a download goes no more is kept than a person can read. */
const progressEveryMs = 5000;
const longestMessage = 1000;

/** What agents say of their executables: each of its own row, by the id of the update that it was given. */
export const updateMessages = ({
  db,
  clock,
  events,
  agents,
  links,
}: UpdateMessagesResources): Pick<MessageHandlers, 'update_status' | 'executable'> => ({
  async executable(connection, { sha256, commit, notUpdatable }) {
    await agents.noteExecutable(connection.agentId, { sha256, commit, notUpdatable });
    links.told(connection);
  },

  async update_status(connection, { update: updateId, state: told, message }) {
    const { agentId } = connection;
    const outcome = await db.write(async (writer): Promise<'changed' | 'late' | 'unwanted'> => {
      const row = await findHost(writer, updateId, agentId);
      const updateRow = row === undefined ? undefined : await findUpdate(writer, updateId);
      if (row === undefined || updateRow === undefined) return 'late';
      const update = updateOfRow(updateRow);
      if ((told === 'downloading' || told === 'ready') && !tellsHosts(update.state)) return 'unwanted';
      const state = afterTold(row.state, told);
      const isNoise = state === row.state && clock.now() - row.changed_at < progressEveryMs;
      if (state === undefined || isNoise) return 'late';
      await changeHost(writer, updateId, agentId, {
        state,
        message: message.slice(0, longestMessage).toWellFormed(),
        changed_at: clock.now(),
        away_since: null,
        deadline_at: deadlineOf(state, false, clock.now(), update.settings.healthySeconds),
      });
      return 'changed';
    });
    // also for what is known already, or not known at all: it would be told again after each welcome
    if (isUpdateOver(told)) connection.send({ type: 'update_ack', update: updateId });
    if (outcome === 'unwanted') links.cancel(agentId, updateId);
    if (outcome !== 'changed') return;
    links.changed(agentId);
    events.emit('update.changed', { updateId });
  },
});
