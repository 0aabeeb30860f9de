import * as z from 'zod';

/**
 * What a person may call a thing: any script, but one line, and whole characters, so that it is stored and shown as it was sent; without
 * the marks that turn the direction of what stands beside it.
 */
export const displayName = (longest: number) =>
  z
    .string()
    .min(1, { error: 'A name is one character or more.', abort: true })
    .max(longest)
    .regex(/^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]+$/u, 'A name is one line without control characters.');

/** Names that end up in paths, shells and URLs: no slash, no space, no leading dot or dash. */
const plainName = /^[A-Za-z0-9_][A-Za-z0-9._-]*$/;

export const agentName = z
  .string()
  .min(1)
  .max(128)
  .regex(plainName, 'Use letters, digits, dot, dash and underscore; begin with a letter, digit or underscore.')
  .refine((name) => name !== 'ALL' && name !== 'Anyone', 'ALL and Anyone have a meaning of their own.');

export const pluginName = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[a-z0-9][a-z0-9_-]*$/, 'Use lower-case letters, digits, dash and underscore; begin with a letter or digit.');

export const actionName = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[A-Za-z][A-Za-z0-9_]*$/, 'Use letters, digits and underscore; begin with a letter.');

export const lockName = z
  .string()
  .min(1)
  .max(64)
  .regex(plainName, 'Use letters, digits, dot, dash and underscore; begin with a letter, digit or underscore.');

/** A tag is one word, or `key=value`. */
export const tagName = z
  .string()
  .min(1)
  .max(64)
  .regex(
    /^[A-Za-z0-9_][A-Za-z0-9._/-]*(=[A-Za-z0-9._/-]*)?$/,
    'A tag is a word or key=value of letters, digits, dot, dash, slash and underscore.',
  );

export const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'A SHA-256 is 64 lower-case hexadecimal digits.');
