import type { OwnerPreview } from '../../../shared/api/agents.ts';
import { MusterError } from '../../../shared/errors.ts';
import { agentName } from '../../../shared/names.ts';
import type { AgentView } from './agents.ts';
import type { Fleet } from './fleet.ts';
import { parseTarget } from './target-expression.ts';
import type { Matcher } from './target-terms.ts';

/** Who an owner is now. A revoked agent is nobody's target. */
export type ResolvedOwner = {
  readonly kind: OwnerPreview['kind'];
  /** of `Anyone`: those to choose from */
  readonly agents: readonly AgentView[];
};

/**
 * @param field the one that the owner came in, for errors
 * @throws MusterError owner_unknown, owner_syntax
 */
export function resolveOwner(fleet: Fleet, owner: string, field = 'owner'): ResolvedOwner {
  const known = fleet.all().filter((agent) => !agent.revoked);
  if (owner === 'ALL') return { kind: 'all', agents: known };
  if (owner === 'Anyone') return { kind: 'anyone', agents: known };
  const named = fleet.byName(owner);
  if (named !== undefined && !named.revoked) return { kind: 'agent', agents: [named] };
  if (agentName.safeParse(owner).success) throw unknownName(owner, named, field);
  const matches = matcherFor(owner, field);
  return { kind: 'expression', agents: known.filter(matches) };
}

function matcherFor(owner: string, field: string): Matcher {
  try {
    return parseTarget(owner);
  } catch (error) {
    if (!(error instanceof MusterError)) throw error;
    throw new MusterError(error.code, error.message, { ...error.details, field });
  }
}

function unknownName(owner: string, revoked: AgentView | undefined, field: string): MusterError {
  const meant = ['ALL', 'Anyone'].find((word) => word.toLowerCase() === owner.toLowerCase());
  if (meant !== undefined)
    return new MusterError('owner_unknown', `There is no agent "${owner}". Did you mean ${meant}?`, { field });
  const why = revoked === undefined ? `There is no agent "${owner}".` : `The agent "${owner}" was revoked.`;
  return new MusterError(
    'owner_unknown',
    `${why} Use ALL, Anyone, the name of an agent, or an expression such as tag:web & os:linux.`,
    { field },
  );
}
