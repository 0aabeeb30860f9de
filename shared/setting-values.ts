import * as z from 'zod';
import { parseDuration } from './durations.ts';
import { agentName, tagName } from './names.ts';
import { type Network, parseNetwork } from './networks.ts';
import { secret } from './secret.ts';

/**
 * The kinds of values that settings have. Each reads both the text of a flag or variable and what the same setting may be in a JSON file,
 * and says in words what it allows.
 */
export type ValueKind<T> = {
  readonly schema: z.ZodType<T>;
  /** goes on from "must be" */
  readonly allowed: string;
  /** stands for the value in help texts, `--port <number>` */
  readonly placeholder: string;
  /** never shown, neither in errors nor in help */
  readonly secret: boolean;
};

const kind = <T>(schema: z.ZodType<T>, allowed: string, placeholder: string): ValueKind<T> => ({
  schema,
  allowed,
  placeholder,
  secret: false,
});

const digits = z
  .string()
  .regex(/^\d{1,15}$/)
  .transform(Number);

export const wholeNumber = (min: number, max: number): ValueKind<number> =>
  kind(z.union([z.number(), digits]).pipe(z.int().min(min).max(max)), `a whole number from ${min} to ${max}`, 'number');

/** A number of seconds, or a duration such as `90s`, `15m`, `1h`. */
export const seconds = (min: number, max: number): ValueKind<number> =>
  kind(
    z.union([z.number(), z.string().transform((text) => parseDuration(text) ?? Number.NaN)]).pipe(z.int().min(min).max(max)),
    `seconds from ${min} to ${max}, or a duration such as 90s, 15m or 1h`,
    'seconds',
  );

export const oneOf = <const Choice extends string>(choices: readonly [Choice, ...Choice[]]): ValueKind<Choice> =>
  kind(z.enum(choices) as unknown as z.ZodType<Choice>, `one of ${choices.join(', ')}`, choices.join('|'));

const plain = z
  .string()
  .min(1)
  .max(4096)
  .regex(/^\P{Cc}+$/u);

export const path: ValueKind<string> = kind(plain, 'a path', 'path');

export const hostAddress: ValueKind<string> = kind(
  z.string().regex(/^[A-Za-z0-9.:_%-]{1,255}$/),
  'an address or host name to listen on, such as 127.0.0.1 or ::',
  'address',
);

/** Without a slash at its end, so that paths can be put after it. */
export const httpUrl: ValueKind<string> = kind(
  z.url({ protocol: /^https?$/ }).transform((url) => url.replace(/\/+$/, '')),
  'a URL that begins with http:// or https://',
  'url',
);

export const nameOfAgent: ValueKind<string> = kind(
  agentName,
  'a name of letters, digits, dot, dash and underscore that begins with a letter, digit or underscore, and is not ALL or Anyone',
  'name',
);

/** `web,env=prod`; in a file also a list. */
export const tagList: ValueKind<readonly string[]> = kind(
  z
    .union([
      z.array(z.string()),
      z.string().transform((text) =>
        text
          .split(',')
          .map((tag) => tag.trim())
          .filter((tag) => tag !== ''),
      ),
    ])
    .pipe(z.array(tagName).max(50)),
  'at most 50 tags with commas between them, each a word or key=value',
  'tags',
);

/** `loopback,10.0.0.0/8`; in a file also a list. */
export const networkList: ValueKind<readonly Network[]> = kind(
  z
    .union([z.array(z.string()), z.string().transform((text) => text.split(','))])
    .transform((parts) => parts.map((part) => part.trim()).filter((part) => part !== ''))
    .transform((parts) => parts.map(parseNetwork))
    .refine((networks) => networks.length <= 100 && networks.every((network) => network !== undefined))
    .transform((networks) => networks.flatMap((network) => network ?? [])),
  'at most 100 addresses or networks with commas between them, such as 10.0.0.0/8, or loopback for this host',
  'networks',
);

export const secretText = (schema: z.ZodType<string>, allowed: string) => ({
  ...kind(schema.transform(secret), allowed, 'secret'),
  secret: true,
});
