import * as z from 'zod';
import { canonicalJson, type Json } from './json.ts';
import { pluginName, sha256 } from './names.ts';
import { type PluginManifest, pluginManifest } from './plugin-manifest.ts';

/**
 * A bundle is the whole of a plugin in one JSON document: its manifest and its files. Its bytes are canonical, so that the same plugin
 * always has the same SHA-256, which is its identity everywhere.
 */
export const maxBundleBytes = 20 * 1024 * 1024;

const pathInBundle = z
  .string()
  .min(1)
  .max(200)
  .refine(
    (path) =>
      !path.startsWith('/') &&
      !/[\\:\0]/.test(path) &&
      path.split('/').every((part) => part !== '' && part !== '.' && part !== '..'),
    'A path inside a bundle is relative, with forward slashes, without `..`.',
  );

export const bundleFile = z.strictObject({ path: pathInBundle, executable: z.boolean().default(false), base64: z.base64() });
export type BundleFile = z.infer<typeof bundleFile>;

export const pluginBundle = z.strictObject({
  manifest: pluginManifest,
  files: z
    .array(bundleFile)
    .min(1)
    .max(2000)
    .refine(
      (files) => new Set(files.map((file) => file.path.toLowerCase())).size === files.length,
      'Two files have the same path.',
    ),
});
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
