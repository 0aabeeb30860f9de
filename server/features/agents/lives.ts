import type { AgentMessageOf } from '../../../shared/protocol.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../schema/schema.ts';
import type { AuditService } from '../audit/audit.service.ts';
import { updateAgent } from './agents.store.ts';
import type { AgentRecord } from './agents.ts';
import type { Fleet } from './fleet.ts';

/**
 * Each start of an agent is a life with an id of its own, and the journal remembers them. "What the journal lacks was never started" is
 * a proof only if the journal continues the one that held the work. It does not when the folder of the agent was copied to a second host,
 * set back to an older state, or emptied.
 */
export type Lives = {
  continuesJournal(agent: AgentRecord, lives: Hello['lives']): boolean;
  /** To be called when the journal was reconciled: should this be lost, the same question is asked again, and answered more carefully. */
  remember(agent: AgentRecord, lives: Hello['lives'], continues: boolean): Promise<void>;
  /** Another process that is this agent asked to come in, while the present one answers. */
  noteDuplicate(agent: AgentRecord, address: string): void;
};

type Hello = AgentMessageOf<'hello'>;

export type LivesResources = {
  readonly db: Database;
  readonly clock: Clock;
  readonly audit: Pick<AuditService, 'record' | 'recordIn'>;
  readonly fleet: Fleet;
  readonly log: { warn(fields: object, message: string): void; error(fields: object, message: string): void };
};

/** A copy asks again every half minute. */
const duplicateNoteEveryMs = 10 * 60_000;

export function createLives({ db, clock, audit, fleet, log }: LivesResources): Lives {
  const noted = new Map<string, number>();

  return {
    continuesJournal: ({ life }, lives) => life === null || lives === undefined || lives.includes(life),

    async remember({ id, name, life }, lives, continues) {
      const present = lives?.[0];
      if (present === undefined || present === life) return;
      await db.write(async (writer) => {
        await updateAgent(writer, id, { life_id: present });
        if (!continues)
          await audit.recordIn(writer, {
            actor: name,
            action: 'agent.journal_foreign',
            subject: id,
            detail: { because: foreign },
          });
      });
      fleet.update(id, { life: present });
      if (!continues) log.warn({ agentId: id, agent: name }, foreign);
    },

    noteDuplicate({ id, name }, address) {
      const now = clock.monotonic();
      if (now - (noted.get(id) ?? Number.NEGATIVE_INFINITY) < duplicateNoteEveryMs) return;
      noted.set(id, now);
      audit
        .record({ actor: name, action: 'agent.duplicate', subject: id, detail: { because: duplicate }, address })
        .catch((error: unknown) => log.error({ err: error, agentId: id }, 'duplicate agent not noted'));
    },
  };
}

const foreign =
  'The agent came with a journal that does not continue the one known here: its folder was copied, set back or emptied. What it was running is in doubt.';
const duplicate = 'A second process with the identity of this agent asked to come in: its folder was copied to another host.';
