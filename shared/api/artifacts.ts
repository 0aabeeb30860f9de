import * as z from 'zod';
import { instant } from './listing.ts';

const strange = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069<>:"/\\|?*]/u;

/** The name of a file without folders, such as every platform can have. */
export const artifactName = z
  .string()
  .min(1)
  .max(200)
  .refine((name) => !strange.test(name) && !/^\.+$/.test(name) && !/[. ]$/.test(name), 'A name of a file, without a path.');

/** What becomes of any name that a program gave: never a path, never empty. */
export function artifactNameFrom(text: string): string {
  const plain = [...text.toWellFormed().normalize('NFC')].map((sign) => (strange.test(sign) ? '_' : sign)).join('');
  const short = plain
    .slice(0, 200)
    .toWellFormed()
    .replace(/[. ]+$/, '');
  return short === '' ? '_' : short;
}

export const maxArtifactsPerExecution = 1000;
export const artifactChunkBytes = 512 * 1024;

export const artifact = z
  .object({
    name: z.string(),
    attempt: z.int(),
    bytes: z.int(),
    sha256: z.string(),
    storedAt: instant,
    /** why it was not kept; then there is nothing to download */
    refused: z.string().nullable(),
  })
  .meta({ id: 'Artifact' });
export type Artifact = z.infer<typeof artifact>;
export const artifacts = z.object({ items: z.array(artifact) }).meta({ id: 'Artifacts' });

/** `POST /agent/v1/artifacts`: a piece of a file; the answer tells from where to go on, so that a cut costs one piece at most. */
export const artifactPiece = z.strictObject({
  execution: z.string().min(1).max(64),
  attempt: z.int().min(1).max(1_000_000),
  name: artifactName,
  /** of the whole file */
  bytes: z.int().min(0),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  offset: z.int().min(0),
  base64: z.base64().max(Math.ceil(artifactChunkBytes / 3) * 4),
  /** why there will be no content: its agent cannot read it */
  unreadable: z.string().min(1).max(200).optional(),
});
export type ArtifactPiece = z.infer<typeof artifactPiece>;
export const artifactProgress = z.object({ next: z.int(), done: z.boolean(), refused: z.string().nullable() });
export type ArtifactProgress = z.infer<typeof artifactProgress>;
