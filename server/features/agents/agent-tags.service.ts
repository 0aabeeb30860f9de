import type { AgentTagged, AgentTagging } from '../../../shared/api/agents.ts';
import { MusterError } from '../../../shared/errors.ts';
import type { Actor } from '../../platform/http/actor.ts';
import type { Database } from '../../schema/schema.ts';
import type { AuditService } from '../audit/audit.service.ts';
import type { Origin } from '../auth/origin.ts';
import { saveTags } from './agents.store.ts';
import type { AgentView } from './agents.ts';
import type { Fleet } from './fleet.ts';
import { resolveOwner } from './owners.ts';

export type AgentTags = {
  /** @throws MusterError field_invalid when an agent would have too many tags: then none is changed */
  change(agents: readonly AgentView[], change: TagChange, actor: Actor, origin?: Origin): Promise<AgentTagged>;
  /** @throws MusterError not_found, owner_unknown, owner_syntax */
  reached(tagging: Pick<AgentTagging, 'agents' | 'target'>): readonly AgentView[];
};

export type TagChange = Pick<AgentTagging, 'add' | 'remove'>;

export type AgentTagsResources = {
  readonly db: Database;
  readonly audit: Pick<AuditService, 'recordIn'>;
  readonly fleet: Fleet;
};

const mostTags = 50;
/** Each unit has an entry of the audit that names the agents in it. */
const perUnit = 200;

export function createAgentTags({ db, audit, fleet }: AgentTagsResources): AgentTags {
  return {
    async change(agents, { add, remove }, actor, { address = null } = {}) {
      const changed = agents.flatMap((agent) => {
        const tags = tagsAfter(agent.tags, add, remove);
        return tags.join() === agent.tags.join() ? [] : [{ id: agent.id, name: agent.name, tags }];
      });
      const full = changed.find(({ tags }) => tags.length > mostTags);
      if (full !== undefined)
        throw new MusterError('field_invalid', `"${full.name}" would have ${full.tags.length} tags; ${mostTags} are possible.`, {
          field: 'add',
        });
      for (let from = 0; from < changed.length; from += perUnit) {
        const unit = changed.slice(from, from + perUnit);
        await db.write(async (writer) => {
          await saveTags(writer, unit);
          await audit.recordIn(writer, {
            actor: actor.name,
            action: 'agents.tagged',
            subject: 'agents',
            detail: { add, remove, agents: unit.map(({ name }) => name) },
            address,
          });
        });
        for (const { id, tags } of unit) fleet.update(id, { tags });
      }
      return { matched: agents.length, changed: changed.length };
    },

    reached({ agents, target }) {
      if (target !== undefined) return resolveOwner(fleet, target, 'target').agents;
      return [...new Set(agents)].map((id) => {
        const agent = fleet.get(id);
        if (agent === undefined) throw new MusterError('not_found', `There is no agent ${id}.`);
        return agent;
      });
    },
  };
}

const tagsAfter = (tags: readonly string[], add: readonly string[], remove: readonly string[]): string[] => [
  ...new Set([...tags, ...add].filter((tag) => !remove.includes(tag))),
];
