import type { Clock } from '../../platform/clock.ts';
import type { EventBus } from '../../platform/events/bus.ts';
import type { Database, Writer } from '../../schema/schema.ts';
import type { AgentUpdateHostsTable } from '../../schema/tables/updates.tables.ts';
import type { AgentsService } from '../agents/agents.service.ts';
import type { AgentLinks } from './agent-links.ts';
import { afterDeadline, deadlineOf } from './host-updates.ts';
import { changeHosts, countAsAway, hostsUnderWay, overdueHosts, shiftDeadlines, updatesUnderWay } from './update-hosts.store.ts';
import { findUpdate, underWayStates } from './updates.store.ts';
import { orderOf, tellsHosts, type Update, updateOfRow } from './updates.ts';

/** Hosts that were given the order: whether they are there, that they have it, and what becomes of those that take too long. */
export type UnderWay = {
  /** The server is starting: whoever is under way has to come back first. */
  begin(): Promise<void>;
  /** Compares the rows with the connections: notes who went away and who is back, and says the order again to who is back. */
  follow(update: Update): Promise<void>;
  /** Ends what is over its time, of whatever update. */
  endOverdue(): Promise<void>;
  /** Deadlines move by so many ms, with the clock. */
  shift(ms: number): Promise<void>;
};

export type UnderWayResources = {
  readonly db: Database;
  readonly clock: Clock;
  readonly events: EventBus;
  readonly agents: Pick<AgentsService, 'get'>;
  readonly links: AgentLinks;
};

type Row = AgentUpdateHostsTable;

const overdueAtOnce = 500;

export function createUnderWay({ db, clock, events, agents, links }: UnderWayResources): UnderWay {
  const isGone = ({ agent_id }: Row): boolean => agents.get(agent_id)?.revoked !== false;
  const isBack = ({ agent_id }: Row): boolean => links.presenceOf(agent_id).hasTold;

  /** @param change the same for all of one state, and written in one statement */
  async function changeAll(writer: Writer, rows: readonly Row[], change: (row: Row) => Parameters<typeof changeHosts>[4]) {
    for (const state of underWayStates) {
      const group = rows.filter((row) => row.state === state);
      const [first] = group;
      if (first === undefined) continue;
      const ids = group.map(({ agent_id }) => agent_id);
      await changeHosts(writer, first.update_id, ids, state, change(first));
    }
  }

  async function end(row: Row): Promise<void> {
    const isAway = row.away_since !== null;
    const { otherProtocol = null } = agents.get(row.agent_id) ?? {};
    const after = afterDeadline({ state: row.state, isAway, otherProtocol });
    const changed = await db.write((writer) =>
      changeHosts(writer, row.update_id, [row.agent_id], row.state, {
        ...after,
        changed_at: clock.now(),
        away_since: null,
        deadline_at: null,
      }),
    );
    if (changed.length === 0) return;
    // what it does after that would not be counted
    if (row.state !== 'switching') links.cancel(row.agent_id, row.update_id);
    links.changed(row.agent_id);
    events.emit('update.changed', { updateId: row.update_id });
  }

  return {
    begin: () =>
      db.write(async (writer) => {
        for (const id of await updatesUnderWay(writer)) {
          const row = await findUpdate(writer, id);
          if (row === undefined) continue;
          const { healthySeconds } = updateOfRow(row).settings;
          await countAsAway(writer, id, clock.now(), deadlineOf('offered', true, clock.now(), healthySeconds));
        }
      }),

    async follow(update) {
      const rows = await hostsUnderWay(db.read, update.id);
      const { healthySeconds } = update.settings;
      const now = clock.now();
      const gone = rows.filter(isGone);
      const there = rows.filter((row) => !isGone(row));
      const away = there.filter((row) => row.away_since === null && !links.isConnected(row.agent_id));
      const back = there.filter((row) => row.away_since !== null && isBack(row));
      if (gone.length + away.length + back.length > 0) {
        await db.write(async (writer) => {
          await changeAll(writer, gone, ({ agent_id }) => ({
            state: 'not_possible',
            message: agents.get(agent_id) === undefined ? 'The agent was removed.' : 'The agent was revoked.',
            changed_at: now,
            away_since: null,
            deadline_at: null,
          }));
          await changeAll(writer, away, ({ state }) => ({
            away_since: now,
            deadline_at: deadlineOf(state, true, now, healthySeconds),
          }));
          await changeAll(writer, back, ({ state }) => ({
            away_since: null,
            deadline_at: deadlineOf(state, false, now, healthySeconds),
          }));
        });
        events.emit('update.changed', { updateId: update.id });
      }
      if (!tellsHosts(update.state)) return;
      const order = orderOf(update);
      for (const row of there) if (row.state !== 'switching' && isBack(row)) links.order(row.agent_id, order);
    },

    async endOverdue() {
      for (const row of await overdueHosts(db.read, clock.now(), overdueAtOnce)) await end(row);
    },

    shift: (ms) => db.write((writer) => shiftDeadlines(writer, ms)),
  };
}
