import * as z from 'zod';
import { leastSecretChars, maxSecretBytes, secretName } from '../secret-references.ts';
import { instant, pageQuery } from './listing.ts';

/** A secret as everybody sees it: all but its value, which is written and never read back. */
export const secretSummary = z
  .object({
    name: z.string(),
    updatedAt: instant,
    updatedBy: z.string(),
    /** when it was last given to an attempt */
    lastUsedAt: instant.nullable(),
    /** the tasks that name it and can fire again, the first hundred of them */
    usedBy: z.array(z.object({ id: z.string(), name: z.string() })),
    usedByCount: z.int(),
    /** false: it was sealed with a master key that this server does not have, and has to be written anew */
    usable: z.boolean(),
  })
  .meta({ id: 'Secret' });
export type SecretSummary = z.infer<typeof secretSummary>;

export const secretInput = z
  .strictObject({
    value: z
      .string()
      .refine((value) => value.trim().length >= leastSecretChars, {
        error: `A value has ${leastSecretChars} characters or more: a shorter one could not be masked in a log.`,
        abort: true,
      })
      .refine((value) => new TextEncoder().encode(value).length <= maxSecretBytes, `A value has at most ${maxSecretBytes} bytes.`)
      .refine(
        (value) => !value.includes('\0') && value.isWellFormed(),
        'A value is text, without NUL; encode what is not, as base64.',
      ),
  })
  .meta({ id: 'SecretInput' });

export const secretParams = z.strictObject({ name: secretName });
export const secretQuery = pageQuery;
