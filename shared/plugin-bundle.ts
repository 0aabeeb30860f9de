import * as z from 'zod';
import { canonicalJson, type Json } from './json.ts';
import { pluginName, sha256 } from './names.ts';
import { type PluginManifest, pluginManifest } from './plugin-manifest.ts';

/**
 * A bundle is the whole of a plugin in one JSON document: its manifest and its files. Its bytes are canonical, so that the same plugin
 * always has the same SHA-256, which is its identity everywhere.
 */
export const maxBundleBytes = 20 * 1024 * 1024;
/** What it depends on is among them. */
export const maxBundleFiles = 2000;

const pathInBundle = z
  .string()
  .min(1)
  .max(200)
  .refine(
    (path) => path.split('/').every((part) => part !== '' && part !== '.' && part !== '..') && !path.includes('\\'),
    'A path inside a bundle is relative, with forward slashes, without `..`.',
  )
  .refine(
    (path) => !strangeInPath.test(path) && path.split('/').every((part) => !/[. ]$/.test(part) && !windowsDevice.test(part)),
    'A path inside a bundle is made of names that every platform can have: no control characters, none of `<>:"|?*`, no dot or space at the end, no device such as CON.',
  );

const strangeInPath = /[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069<>:"|?*]/u;
const windowsDevice = /^(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(\.|$)/i;

export const bundleFile = z.strictObject({ path: pathInBundle, executable: z.boolean().default(false), base64: z.base64() });
export type BundleFile = z.infer<typeof bundleFile>;

export const pluginBundle = z.strictObject({
  manifest: pluginManifest,
  files: z
    .array(bundleFile)
    .min(1)
    .max(maxBundleFiles)
    .refine((files) => new Set(files.map(({ path }) => plainPath(path))).size === files.length, 'Two files have the same path.')
    .refine((files) => {
      const paths = new Set(files.map(({ path }) => plainPath(path)));
      return !files.some(({ path }) => foldersOf(plainPath(path)).some((folder) => paths.has(folder)));
    }, 'A file and a folder have the same path.'),
});

/** Some platforms tell names neither apart by case nor by how an accent is written. */
const plainPath = (path: string): string => path.normalize('NFC').toLowerCase();

const foldersOf = (path: string): string[] => {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
};
export type PluginBundle = z.infer<typeof pluginBundle>;

/** The canonical text of a bundle: what is hashed, stored, sent and verified. */
export function bundleText(bundle: PluginBundle): string {
  const files = [...bundle.files].sort((a, b) => (a.path < b.path ? -1 : 1));
  return canonicalJson(JSON.parse(JSON.stringify({ manifest: bundle.manifest, files })) as Json);
}

/** What the server signs and agents trust: the current bundle of each plugin. */
export const signedEntry = z.object({ name: pluginName, version: z.string(), sha256, bytes: z.int() });
export type SignedEntry = z.infer<typeof signedEntry>;

/** `text` is the canonical JSON of `catalogue`; the signature (base64, Ed25519 by the server's key) is over its UTF-8 bytes. */
export const signedCatalogue = z.object({ text: z.string().max(4_000_000), signature: z.base64() });
export type SignedCatalogue = z.infer<typeof signedCatalogue>;
/**
 * `plugins` are the current bundles; `kept` are earlier ones that open runs still use. `generation` grows with every change, so that an
 * agent never goes back to an older catalogue.
 */
export const catalogue = z.object({ generation: z.int(), plugins: z.array(signedEntry), kept: z.array(signedEntry) });
export type Catalogue = z.infer<typeof catalogue>;

export type { PluginManifest };
