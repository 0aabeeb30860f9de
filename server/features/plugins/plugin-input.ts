import { z } from 'zod';
import { bundleFile, maxBundleFiles } from '../../../shared/plugin-bundle.ts';
import { bundleOfFiles, bundleOfSingleFile, type MadeBundle } from './bundles.ts';

/** A plugin as it is pushed: all its files, `plugin.json` among them, or one file whose name is the plugin's. */
export const pluginInput = z
  .strictObject({
    files: z.array(bundleFile).min(1).max(maxBundleFiles).optional(),
    file: z.strictObject({ name: z.string().min(1).max(100), base64: z.base64() }).optional(),
  })
  .refine(
    ({ files, file }) => (files === undefined) !== (file === undefined),
    'Send either `files`, with plugin.json among them, or one `file`.',
  );
export type PluginInput = z.infer<typeof pluginInput>;

/** @throws MusterError plugin_invalid */
export const bundleOfInput = (name: string, { files, file }: PluginInput): MadeBundle =>
  file === undefined ? bundleOfFiles(name, files ?? []) : bundleOfSingleFile(name, file.name, file.base64);
