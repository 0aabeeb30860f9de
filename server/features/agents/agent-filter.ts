import { MusterError } from '../../../shared/errors.ts';
import { agentName } from '../../../shared/names.ts';
import { parseTarget } from './target-expression.ts';
import type { Matcher } from './target-terms.ts';

/**
 * What somebody types above the list of agents: a target expression, which is also how work finds its hosts. One plain word that names no
 * agent is not refused, as it would be as an owner, but means every name that holds it: half a name is what one types first.
 *
 * @throws MusterError owner_syntax, with the column
 */
export function filterMatcher(text: string, isName: (name: string) => boolean): Matcher {
  const wanted = text.trim();
  if (wanted === '' || wanted === 'ALL') return () => true;
  if (agentName.safeParse(wanted).success) {
    if (isName(wanted)) return ({ name }) => name === wanted;
    const lower = wanted.toLowerCase();
    return ({ name }) => name.toLowerCase().includes(lower);
  }
  try {
    return parseTarget(wanted);
  } catch (error) {
    if (!(error instanceof MusterError)) throw error;
    throw new MusterError(error.code, error.message, { ...error.details, field: 'target' });
  }
}
