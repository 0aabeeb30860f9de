import type { AgentDetail } from '../../../shared/api/agents.ts';
import { urlOf } from '../../platform/web/paging.ts';

/** A fact of a host, and where the hosts are that have the same; null where no target expression can say it. */
export type FactRow = { readonly key: string; readonly value: string; readonly alike: string | null };

export const factRows = ({ facts }: Pick<AgentDetail, 'facts'>): FactRow[] =>
  Object.entries(facts)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, fact]) => {
      const value = String(fact);
      return { key, value, alike: sayable(key, value) ? urlOf('/agents', { target: `fact:${key}=${quoted(value)}` }) : null };
    });

/** Wild cards in a value would mean more than it, and quotes would end it. */
const sayable = (key: string, value: string): boolean => /^[\w.-]+$/.test(key) && value !== '' && !/[*?"'\\]/.test(value);

const quoted = (value: string): string => (/^[\w./-]+$/.test(value) ? value : `"${value}"`);
