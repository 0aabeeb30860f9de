import type { UpdateState } from '../../../shared/update-states.ts';
import type { Clock } from '../../platform/clock.ts';
import type { EventBus } from '../../platform/events/bus.ts';
import type { Database, Writer } from '../../schema/schema.ts';
import type { AuditService } from '../audit/audit.service.ts';
import type { AgentLinks } from './agent-links.ts';
import { deadlineOf } from './host-updates.ts';
import { changeHosts, countAsAway, hostsUnderWay } from './update-hosts.store.ts';
import { changeUpdate } from './updates.store.ts';
import type { Update } from './updates.ts';

/** Who changes an update: a person, or the server itself. */
export type Changer = { readonly name: string; readonly address?: string | null };

/** Moves an update from state to state, with what that means for its hosts. */
export type UpdateChanges = {
  /** What was not switched yet is taken back; what is switching goes on. @returns false if it is not in force any more */
  stop(update: Update, to: 'paused' | 'ended', reason: string, by: Changer): Promise<boolean>;
  /** The same inside the unit of work of another; the answer is to be called after its commit. */
  stopIn(writer: Writer, update: Update, to: 'paused' | 'ended', reason: string, by: Changer): Promise<(() => void) | undefined>;
};

export type UpdateChangesResources = {
  readonly db: Database;
  readonly clock: Clock;
  readonly events: EventBus;
  readonly audit: Pick<AuditService, 'recordIn'>;
  readonly links: AgentLinks;
};

export function createUpdateChanges({ db, clock, events, audit, links }: UpdateChangesResources): UpdateChanges {
  async function stopIn(
    ...[writer, update, to, reason, { name, address = null }]: Parameters<UpdateChanges['stopIn']>
  ): Promise<(() => void) | undefined> {
    const from: readonly UpdateState[] = to === 'paused' ? ['running', 'done'] : ['running', 'paused', 'done'];
    const finished_at = to === 'ended' ? (update.finishedAt ?? clock.now()) : null;
    if (!(await changeUpdate(writer, update.id, from, { state: to, reason, next_wave_at: null, finished_at }))) return undefined;
    const cancelled = await takeBack(writer, update, to);
    await audit.recordIn(writer, {
      actor: name,
      action: `agent_update.${to}`,
      subject: update.id,
      detail: { version: update.release.release.version, because: reason },
      address,
    });
    return () => {
      for (const id of cancelled) links.cancel(id, update.id);
      events.emit('update.changed', { updateId: update.id });
    };
  }

  /** @returns those who have to be told */
  async function takeBack(writer: Writer, { id, settings }: Update, to: 'paused' | 'ended'): Promise<string[]> {
    const under = await hostsUnderWay(writer, id);
    const cancelled: string[] = [];
    for (const state of ['offered', 'downloading', 'ready'] as const) {
      const ids = under.filter((row) => row.state === state).map(({ agent_id }) => agent_id);
      const change = {
        state: 'waiting',
        message: `The update was ${to} before this host had switched.`,
        changed_at: clock.now(),
        away_since: null,
        deadline_at: null,
      } as const;
      cancelled.push(...(await changeHosts(writer, id, ids, state, change)));
    }
    // nobody looks after the connections of an update that has ended: those that switch get the time of one that went away just now
    if (to === 'ended')
      await countAsAway(writer, id, clock.now(), deadlineOf('switching', true, clock.now(), settings.healthySeconds));
    return cancelled;
  }

  return {
    stopIn,
    async stop(...args) {
      const tell = await db.write((writer) => stopIn(writer, ...args));
      tell?.();
      return tell !== undefined;
    },
  };
}
