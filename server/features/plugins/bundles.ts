import { createHash } from 'node:crypto';
import type { z } from 'zod';
import { MusterError } from '../../../shared/errors.ts';
import { isDeeperThan, maxJsonDepth } from '../../../shared/json.ts';
import { type BundleFile, bundleText, maxBundleBytes, pluginBundle } from '../../../shared/plugin-bundle.ts';
import { type PluginManifest, pluginManifest } from '../../../shared/plugin-manifest.ts';
import { singleFileManifest } from '../../../shared/single-file-plugin.ts';
import { faultsOf } from '../../platform/http/validation.ts';
import { sentenceOf } from '../../platform/http/validation-sentences.ts';
import { type ArgsCheck, compileArgsCheck } from './args-check.ts';

/** A bundle that is ready to be stored: complete, valid, with its identity. */
export type MadeBundle = {
  /** in the order of its author: forms show arguments so; the canonical text has them sorted */
  readonly manifest: PluginManifest;
  readonly text: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly argsCheck: ArgsCheck;
};

/** What the schemas say of a fault, in words for a person. */
const asSentences = { error: sentenceOf, reportInput: true } as const;

export const manifestPath = 'plugin.json';

/**
 * From all files of a plugin, `plugin.json` among them. That one becomes the manifest and is no file of the bundle, so that its white space
 * makes no new version.
 * @throws MusterError plugin_invalid
 */
export function bundleOfFiles(name: string, files: readonly BundleFile[]): MadeBundle {
  const manifestFile = files.find((file) => file.path === manifestPath);
  if (manifestFile === undefined) throw invalid(`There is no ${manifestPath} among the files.`);
  if (files.some((file) => file !== manifestFile && file.path.toLowerCase() === manifestPath))
    throw invalid(`Two files are called ${manifestPath}: not every platform can tell them apart.`);
  const manifest = parseManifest(Buffer.from(manifestFile.base64, 'base64').toString('utf8'));
  if (manifest.name !== name)
    throw invalid(`${manifestPath} says that the plugin is called "${manifest.name}", but it stands as "${name}".`, 'name');
  return makeBundle(
    manifest,
    files.filter((file) => file !== manifestFile),
  );
}

/**
 * From one file, such as `restart.py`, whose name is the plugin's.
 * @throws MusterError plugin_invalid
 */
export function bundleOfSingleFile(name: string, fileName: string, base64: string): MadeBundle {
  const source = Buffer.from(base64, 'base64').toString('utf8');
  return makeBundle(singleFileManifest(name, fileName, source), [{ path: fileName, executable: false, base64 }]);
}

/** Manifests of all plugins stay in memory, and go to whoever lists them. */
const maxManifestLength = 1024 * 1024;

function parseManifest(text: string): PluginManifest {
  if (text.length > maxManifestLength) throw invalid(`${manifestPath} is larger than 1 MiB.`);
  let content: unknown;
  try {
    content = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw invalid(`${manifestPath} is not valid JSON: ${(error as Error).message}`);
  }
  if (isDeeperThan(content, maxJsonDepth))
    throw invalid(`${manifestPath} is nested too deeply: at most ${maxJsonDepth} levels are possible.`);
  const result = pluginManifest.safeParse(content, asSentences);
  if (!result.success) throw invalidShape(manifestPath, result.error, pluginManifest);
  return result.data;
}

function makeBundle(manifest: PluginManifest, files: readonly BundleFile[]): MadeBundle {
  const argsCheck = compileArgsCheck(manifest);
  const result = pluginBundle.safeParse({ manifest, files: files.map((file) => runnable(file, manifest)) }, asSentences);
  if (!result.success) throw invalidShape('', result.error, pluginBundle);
  const bundle = result.data;
  if (!bundle.files.some((file) => file.path === manifest.entry))
    throw invalid(`The entry file ${manifest.entry} is not among the files.`, 'entry');
  const text = canonicalText(bundle);
  const bytes = Buffer.byteLength(text);
  if (bytes > maxBundleBytes) throw tooLarge(bytes);
  return { manifest: bundle.manifest, text, sha256: createHash('sha256').update(text).digest('hex'), bytes, argsCheck };
}

/** A program that was pushed from a host without such a mark must start nevertheless. */
const runnable = (file: BundleFile, { runtime, entry }: PluginManifest): BundleFile =>
  runtime === 'exec' && file.path === entry ? { ...file, executable: true } : file;

function canonicalText(bundle: z.infer<typeof pluginBundle>): string {
  try {
    return bundleText(bundle);
  } catch (error) {
    if (error instanceof RangeError) throw invalid(`${manifestPath} is nested too deeply.`);
    throw error;
  }
}

/** @param bytes what is known of its size; base64 adds a third to the size of the files */
export const tooLarge = (bytes: number): MusterError =>
  invalid(
    `The bundle has ${mebibytes(bytes)} MiB; at most ${mebibytes(maxBundleBytes)} MiB are possible, with its files in base64.`,
  );

const mebibytes = (bytes: number): string => (bytes / 1024 / 1024).toFixed(1).replace(/\.0$/, '');

export const invalid = (message: string, field?: string): MusterError =>
  new MusterError('plugin_invalid', message, field === undefined ? {} : { field });

function invalidShape(what: string, error: z.ZodError, schema: z.ZodType): MusterError {
  const faults = error.issues.flatMap((issue) => faultsOf(issue, schema)).slice(0, 20);
  const issues = faults.map(({ field, message }) => ({ field: field || what, message }));
  const [first] = issues;
  const where = [what, first?.field].filter((part) => part !== '' && part !== undefined && part !== what).join(', ');
  const place = where === '' ? what : what === '' || where.startsWith(what) ? where : `${what}, ${where}`;
  return new MusterError('plugin_invalid', `${place}: ${first?.message ?? 'It is not valid.'}`, {
    field: first?.field ?? what,
    issues,
  });
}
