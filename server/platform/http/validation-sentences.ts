import type { z } from 'zod';

/** The sentence for an issue whose schema has none of its own: says what is expected, never what was sent. */
export function sentenceOf(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `Expected ${nounOf(issue.expected as string)}.`;
    case 'invalid_value':
      return `Expected ${oneOf((issue.values as readonly unknown[]).map(String))}.`;
    case 'too_small':
      return `Expected ${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}${unitOf(issue.origin as string)}.`;
    case 'too_big':
      return `Expected ${issue.inclusive === false ? 'less than' : 'at most'} ${issue.maximum}${unitOf(issue.origin as string)}.`;
    case 'invalid_format':
      return formats[issue.format as string] ?? `The form is not that of ${issue.format}.`;
    case 'not_multiple_of':
      return `Expected a multiple of ${issue.divisor}.`;
    case 'invalid_union':
      return unionSentence(issue.errors as readonly (readonly z.core.$ZodRawIssue[])[]);
    case 'unrecognized_keys': {
      const keys = issue.keys as readonly string[];
      return `Unrecognized ${keys.length === 1 ? 'key' : 'keys'}: ${keys.map((key) => JSON.stringify(key)).join(', ')}.`;
    }
    case 'invalid_key':
      return 'The name of the field is not valid.';
    default:
      return 'The value is not valid.';
  }
}

const nouns: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
  null: 'null',
};
const nounOf = (expected: string): string => nouns[expected] ?? expected;

const formats: Readonly<Record<string, string>> = {
  datetime: 'Expected a time such as 2026-01-31T12:00:00Z.',
  base64: 'Expected base64.',
  url: 'Expected a URL.',
  email: 'Expected an e-mail address.',
  regex: 'The text does not have the expected form.',
};

const oneOf = (values: readonly string[]): string => (values.length === 1 ? `${values[0]}` : `one of ${values.join(', ')}`);

function unitOf(origin: string): string {
  if (origin === 'string') return ' characters';
  return origin === 'array' || origin === 'set' || origin === 'object' || origin === 'map' || origin === 'record'
    ? ' entries'
    : '';
}

/** A value of the wrong type for every branch is told all types; else the first branch that took its type says what is wrong. */
function unionSentence(branches: readonly (readonly z.core.$ZodRawIssue[])[]): string {
  const deciding = branches.find((issues) =>
    issues.some((issue) => issue.code !== 'invalid_type' || (issue.path ?? []).length > 0),
  );
  const message = deciding?.[0]?.message;
  if (message !== undefined) return typeof message === 'string' ? message : 'The value is not valid.';
  const types = branches.flatMap((issues) => issues.map((issue) => nounOf(issue.expected as string)));
  return types.length === 0 ? 'The value fits none of the expected forms.' : `Expected ${[...new Set(types)].join(' or ')}.`;
}
