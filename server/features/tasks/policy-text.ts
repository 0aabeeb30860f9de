import { type Policy, policy as policySchema } from '../../../shared/api/tasks.ts';

/** A policy as rows keep it, and as it is. */
export type KeptPolicy = {
  readonly policy: Policy;
  /** the same with every default written out */
  readonly text: string;
};

/**
 * The policy of a row. Each text is parsed once for as long as it is in use: policies are few, and thousands of tasks share one. What
 * comes back is shared too, and frozen.
 */
export const parsePolicy = (text: string): Policy => readPolicy(text).policy;

export function readPolicy(text: string): KeptPolicy {
  const hit = young.get(text);
  if (hit !== undefined) return hit;
  const kept = old.get(text) ?? parsed(text);
  if (young.size >= textsKept) {
    old = young;
    young = new Map();
  }
  young.set(text, kept);
  return kept;
}

/** Two generations, as of prepared statements: what was not asked for since the last turn is let go. */
const textsKept = 200;
let young = new Map<string, KeptPolicy>();
let old = new Map<string, KeptPolicy>();

function parsed(text: string): KeptPolicy {
  const policy = frozen(policySchema.parse(JSON.parse(text)));
  return { policy, text: JSON.stringify(policy) };
}

function frozen<T extends object>(value: T): T {
  for (const member of Object.values(value)) if (member !== null && typeof member === 'object') frozen(member);
  return Object.freeze(value);
}
