import * as z from 'zod';
import type { Json } from './json.ts';

/**
 * How a task names a secret without holding it. There are two places, each with one form:
 *
 *   in `args`, in place of any value    {"$secret": "name"}
 *   in `env`, inside a value            ${secret:name}
 *
 * The ledger, the offer and every answer of the API hold the reference. The value travels with the `start` of an attempt, and the agent
 * puts it in place of the reference in its memory.
 */
export const secretName = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[A-Za-z][A-Za-z0-9_.-]*$/, 'Use letters, digits, dot, dash and underscore; begin with a letter.');

export const maxSecretBytes = 64 * 1024;
/** Shorter values could not be masked: they occur by chance everywhere. */
export const leastSecretChars = 4;

export type SecretValues = Readonly<Record<string, string>>;
export type SecretReference = { readonly name: string; readonly field: string };
export type SecretReferences = {
  readonly found: readonly SecretReference[];
  /** what looks like a reference and is none */
  readonly faults: readonly { readonly field: string; readonly message: string }[];
};

type Place = { readonly value: Json; readonly field: string; readonly depth: number };

const key = '$secret';
/** Levels of arguments in which a reference may stand. */
const deepest = 100;
const inText = /\$\{secret:([^}]*)\}/g;
const isName = (name: unknown): name is string => secretName.safeParse(name).success;

export function secretReferences(args: Json, env: Readonly<Record<string, string>>): SecretReferences {
  const found: SecretReference[] = [];
  const faults: { field: string; message: string }[] = [];
  const see = (name: unknown, field: string): void => {
    if (isName(name)) found.push({ name, field });
    else
      faults.push({ field, message: `${field} does not name a secret: ${secretName.safeParse(name).error?.issues[0]?.message}` });
  };
  // by a stack of its own: arguments may be nested deeper than calls
  const ahead: Place[] = [{ value: args, field: 'args', depth: 0 }];
  for (let place = ahead.pop(); place !== undefined; place = ahead.pop()) {
    const { value, field, depth } = place;
    if (value === null || typeof value !== 'object') continue;
    if (!Array.isArray(value) && Object.hasOwn(value, key)) {
      if (depth > deepest)
        faults.push({ field, message: `${field} holds a reference to a secret deeper than ${deepest} levels.` });
      else if (Object.keys(value).length === 1) see(value[key], field);
      else
        faults.push({
          field,
          message: `${field} is a reference to a secret and holds other members: write {"$secret": "name"} alone.`,
        });
      continue;
    }
    const below = Object.entries(value).map(([member, item]) => ({
      value: item,
      field: depth < deepest ? `${field}.${member}` : field,
      depth: depth + 1,
    }));
    for (const each of below.reverse()) ahead.push(each);
  }
  for (const [variable, text] of Object.entries(env)) for (const [, name] of text.matchAll(inText)) see(name, `env.${variable}`);
  return { found, faults };
}

/** The arguments with something else in place of each reference. */
export function replaceArgSecrets(args: Json, replacement: (name: string) => Json, depth = 0): Json {
  if (args === null || typeof args !== 'object' || depth > deepest) return args;
  if (Array.isArray(args)) return args.map((item) => replaceArgSecrets(item, replacement, depth + 1));
  const name = args[key];
  if (typeof name === 'string' && Object.keys(args).length === 1) return replacement(name);
  return Object.fromEntries(
    Object.entries(args).map(([member, item]) => [member, replaceArgSecrets(item, replacement, depth + 1)]),
  );
}

/** One pass: what a value itself holds is no reference. A reference without a value stays as it is. */
export const withSecretsInArgs = (args: Json, values: SecretValues): Json =>
  isEmpty(values)
    ? args
    : replaceArgSecrets(args, (name) => (Object.hasOwn(values, name) ? (values[name] ?? null) : { [key]: name }));

export const withSecretsInEnv = (
  env: Readonly<Record<string, string>>,
  values: SecretValues,
): Readonly<Record<string, string>> =>
  isEmpty(values)
    ? env
    : Object.fromEntries(
        Object.entries(env).map(([variable, text]) => [
          variable,
          text.replace(inText, (reference, name: string) => (Object.hasOwn(values, name) ? (values[name] ?? '') : reference)),
        ]),
      );

/** Most work is given none, and its arguments need not be walked through. */
const isEmpty = (values: SecretValues): boolean => Object.keys(values).length === 0;
