import { matchesGlob } from './glob.ts';

export type FactOperator = '=' | '!=' | '>' | '>=' | '<' | '<=';

/**
 * Whether a fact stands in this relation to what was written. `!=` is the opposite of `=`, so that it also holds where the fact is not
 * known. The orderings hold only between numbers, and between versions such as `5.10.0-21` and `6.1`.
 */
export function compareFact(fact: string | number | boolean | undefined, operator: FactOperator, wanted: string): boolean {
  if (operator === '=') return fact !== undefined && matchesGlob(wanted, String(fact));
  if (operator === '!=') return !compareFact(fact, '=', wanted);
  const order = orderOf(fact, wanted);
  if (order === undefined) return false;
  if (operator === '>') return order > 0;
  if (operator === '>=') return order >= 0;
  if (operator === '<') return order < 0;
  return order <= 0;
}

function orderOf(fact: string | number | boolean | undefined, wanted: string): number | undefined {
  if (typeof fact === 'number') return Number.isNaN(Number(wanted)) ? undefined : fact - Number(wanted);
  if (typeof fact !== 'string' || !/^\d/.test(fact)) return undefined;
  const parts = numbersOf(fact);
  const wantedParts = numbersOf(wanted);
  for (let index = 0; index < Math.max(parts.length, wantedParts.length); index += 1) {
    const difference = (parts[index] ?? 0) - (wantedParts[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

const numbersOf = (version: string): number[] => (version.match(/\d+/g) ?? []).map(Number);
