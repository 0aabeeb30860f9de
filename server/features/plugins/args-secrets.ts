import type { ErrorObject } from 'ajv/dist/2020.js';
import type { Json } from '../../../shared/json.ts';
import { replaceArgSecrets, secretReferences } from '../../../shared/secret-references.ts';

/** Stands for a secret while arguments are checked: a schema can say that it is text, and nothing about the text. */
const standIn = 'secret';

export type ArgsToCheck = {
  readonly args: unknown;
  readonly errorsThatCount: (errors: readonly ErrorObject[]) => readonly ErrorObject[];
};

export function withStandIns(args: unknown): ArgsToCheck {
  const { found } = secretReferences(args as Json, {});
  if (found.length === 0) return { args, errorsThatCount: (errors) => errors };
  const pointers = new Set(pointersOf(args as Json));
  return {
    args: replaceArgSecrets(args as Json, () => standIn),
    errorsThatCount(errors) {
      const others = errors.filter(({ instancePath, keyword }) => keyword === 'type' || !pointers.has(instancePath));
      const isPrecise = ({ keyword }: ErrorObject): boolean => !combining.has(keyword);
      // what sums up errors that do not count does not count either
      return others.length < errors.length && !others.some(isPrecise) ? [] : others;
    },
  };
}

/** References stand in the upper levels only, which a task is checked for. */
const deepest = 100;
const combining = new Set(['if', 'allOf', 'anyOf', 'oneOf', 'not']);

/** JSON Pointers of the references. */
function pointersOf(value: Json, at = '', depth = 0): string[] {
  if (value === null || typeof value !== 'object' || depth > deepest) return [];
  if (!Array.isArray(value) && Object.hasOwn(value, '$secret')) return [at];
  return Object.entries(value).flatMap(([member, item]) =>
    pointersOf(item, `${at}/${member.replaceAll('~', '~0').replaceAll('/', '~1')}`, depth + 1),
  );
}
