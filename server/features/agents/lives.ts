import type { AgentMessageOf } from '../../../shared/protocol.ts';
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
};

type Hello = AgentMessageOf<'hello'>;

export type LivesResources = {
  readonly db: Database;
  readonly audit: Pick<AuditService, 'recordIn'>;
  readonly fleet: Fleet;
  readonly log: { warn(fields: object, message: string): void };
};

export function createLives({ db, audit, fleet, log }: LivesResources): Lives {
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
  };
}

const foreign =
  'The agent came with a journal that does not continue the one known here: its folder was copied, set back or emptied. What it was running is in doubt.';
