import { numberText } from './table.ts';

/** What Muster means to reach. Printed as information: on a small or busy machine it may well be missed. */
export type Expectation = {
  readonly what: string;
  readonly measured: number;
  readonly unit: string;
  readonly wanted: { readonly atLeast: number } | { readonly under: number };
};

export function isMet({ measured, wanted }: Expectation): boolean {
  return 'under' in wanted ? measured < wanted.under : measured >= wanted.atLeast;
}

export function sentenceOf(expectation: Expectation): string {
  const { what, measured, unit, wanted } = expectation;
  const goal = 'under' in wanted ? `under ${numberText(wanted.under)} ${unit}` : `at least ${numberText(wanted.atLeast)} ${unit}`;
  return `${isMet(expectation) ? 'Met:    ' : 'Not met:'} ${what} is ${numberText(measured)} ${unit}; the goal is ${goal}.`;
}
