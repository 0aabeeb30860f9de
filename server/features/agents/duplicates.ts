import type { AgentMessageOf } from '../../../shared/protocol.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../schema/schema.ts';
import type { AuditService } from '../audit/audit.service.ts';
import { updateAgent } from './agents.store.ts';
import type { AgentRecord } from './agents.ts';
import { type Appearance, areTwo, type Duplicate, hostLabel, hostsOf, withAppearance } from './appearances.ts';
import type { Fleet } from './fleet.ts';

/**
 * Two hosts with one identity: a machine that was cloned with the folder of its agent. Nothing runs twice by it, because only one of them is
 * let in at a time; but nobody knows which of the two does the work, so it is told until it ends:
 *
 *   one ──(they take turns, see `appearances.ts`)──> duplicated ──(a quarter of an hour without a turn)──> one
 */
export type Duplicates = {
  /** This process was let in. */
  letIn(agent: AgentRecord, hello: Hello, address: string): void;
  /** This process was turned away, because the one that was let in last is connected and answers. */
  turnedAway(agent: AgentRecord, hello: Hello, address: string): void;
  /** Forgets those of which only one is left, and agents that were removed; called by a loop. */
  settle(): Promise<void>;
};

type Hello = Pick<AgentMessageOf<'hello'>, 'lives' | 'host'>;

export type DuplicatesResources = {
  readonly db: Database;
  readonly clock: Clock;
  readonly audit: Pick<AuditService, 'record' | 'recordIn'>;
  readonly fleet: Fleet;
  readonly log: { warn(fields: object, message: string): void; error(fields: object, message: string): void };
};

/** A copy asks again every half minute. */
const noteEveryMs = 10 * 60_000;
const rowEveryMs = 60_000;
const overAfterMs = 15 * 60_000;

export function createDuplicates({ db, clock, audit, fleet, log }: DuplicatesResources): Duplicates {
  const appearances = new Map<string, readonly Appearance[]>();
  /** of each agent the process that was let in last */
  const present = new Map<string, Appearance>();
  const notedAt = new Map<string, number>();
  const writtenAt = new Map<string, number>();
  /** when one of two was last seen to come back; of those that the rows told of, when they were read */
  const turnAt = new Map<string, number>();

  function appeared({ id }: AgentRecord, seen: Appearance): void {
    appearances.set(id, withAppearance(appearances.get(id) ?? [], seen));
  }

  const appearanceOf = ({ lives, host }: Hello, address: string): Appearance | undefined => {
    const life = lives?.[0];
    if (life === undefined) return undefined;
    const own = host === undefined || host.address === '' || host.address === address ? '' : `, own address ${host.address}`;
    return { life, name: host?.name ?? null, address: `${address}${own}`, at: clock.now(), moment: clock.monotonic() };
  };

  function judge(agent: AgentRecord): void {
    const seen = appearances.get(agent.id) ?? [];
    if (!areTwo(seen)) return;
    turnAt.set(agent.id, clock.monotonic());
    if (clock.monotonic() - (writtenAt.get(agent.id) ?? Number.NEGATIVE_INFINITY) < rowEveryMs) return;
    writtenAt.set(agent.id, clock.monotonic());
    mark(agent.id, hostsOf(seen)).catch((error: unknown) => {
      writtenAt.delete(agent.id);
      log.error({ err: error, agentId: agent.id }, 'duplicated agent not marked');
    });
  }

  async function mark(id: string, hosts: Duplicate['hosts']): Promise<void> {
    const agent = fleet.get(id);
    if (agent === undefined) return;
    const duplicate: Duplicate = { since: agent.duplicate?.since ?? clock.now(), lastAt: clock.now(), hosts };
    await db.write(async (writer) => {
      await updateAgent(writer, id, { duplicate: JSON.stringify(duplicate) });
      if (agent.duplicate === null)
        await audit.recordIn(writer, {
          actor: agent.name,
          action: 'agent.duplicated',
          subject: id,
          detail: { hosts: hosts.map(hostLabel), because: taken },
        });
    });
    fleet.update(id, { duplicate });
    if (agent.duplicate === null) log.warn({ agentId: id, agent: agent.name, hosts: hosts.map(hostLabel) }, taken);
  }

  async function unmark(id: string, name: string): Promise<void> {
    await db.write(async (writer) => {
      await updateAgent(writer, id, { duplicate: null });
      await audit.recordIn(writer, { actor: name, action: 'agent.duplicate_over', subject: id });
    });
    fleet.update(id, { duplicate: null });
    appearances.set(id, (appearances.get(id) ?? []).slice(-1));
    turnAt.delete(id);
    writtenAt.delete(id);
  }

  function note({ id, name }: AgentRecord, address: string): void {
    const now = clock.monotonic();
    if (now - (notedAt.get(id) ?? Number.NEGATIVE_INFINITY) < noteEveryMs) return;
    notedAt.set(id, now);
    audit
      .record({ actor: name, action: 'agent.duplicate', subject: id, detail: { because: secondProcess }, address })
      .catch((error: unknown) => log.error({ err: error, agentId: id }, 'duplicate agent not noted'));
  }

  return {
    letIn(agent, hello, address) {
      const seen = appearanceOf(hello, address);
      if (seen === undefined) return;
      appeared(agent, seen);
      present.set(agent.id, seen);
      judge(agent);
    },
    turnedAway(agent, hello, address) {
      note(agent, address);
      const seen = appearanceOf(hello, address);
      const holder = present.get(agent.id);
      if (seen === undefined || holder === undefined) return;
      // it was there before, and has just answered: that is why this one was turned away
      const still = { ...holder, at: seen.at, moment: seen.moment };
      for (const appearance of [still, seen, still]) appeared(agent, appearance);
      judge(agent);
    },
    async settle() {
      const now = clock.monotonic();
      for (const { id, name } of fleet.all().filter(({ duplicate }) => duplicate !== null)) {
        const lastTurn = turnAt.get(id);
        if (lastTurn === undefined) turnAt.set(id, now);
        else if (now - lastTurn >= overAfterMs) await unmark(id, name);
      }
      for (const known of [appearances, present, notedAt, writtenAt, turnAt])
        for (const id of known.keys()) if (fleet.get(id) === undefined) known.delete(id);
    },
  };
}

const secondProcess = 'A second process with the identity of this agent asked to come in: its folder was copied to another host.';
const taken =
  'Two hosts take turns with the identity of this agent, because its folder was copied. On one of them, remove the folder of the agent and install it again with a join token.';
