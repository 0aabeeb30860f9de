import type { z } from 'zod';
import { MusterError } from '../../shared/errors.ts';
import type { BundleFile } from '../../shared/plugin-bundle.ts';
import { type PluginManifest, pluginManifest } from '../../shared/plugin-manifest.ts';
import { positionAt, positionInJson } from './json-position.ts';

export const manifestPath = 'plugin.json';

export type ManifestRead =
  | { readonly manifest: PluginManifest; readonly text: string }
  /** sentences that begin with the place: `plugin.json:4:3: …` */
  | { readonly faults: readonly string[] };

/** @throws MusterError plugin_invalid, with the first fault */
export function readManifest(files: readonly BundleFile[]): PluginManifest {
  const read = tryManifest(files);
  if ('manifest' in read) return read.manifest;
  throw new MusterError('plugin_invalid', read.faults[0] ?? '');
}

export function tryManifest(files: readonly BundleFile[]): ManifestRead {
  const file = files.find(({ path }) => path === manifestPath);
  if (file === undefined)
    return {
      faults: [
        `There is no ${manifestPath} in the folder. \`muster plugins new\` writes one to begin with; a single file needs none.`,
      ],
    };
  // the mark before it is no part of JSON, and no column
  const text = Buffer.from(file.base64, 'base64')
    .toString('utf8')
    .replace(/^\uFEFF/, '');
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    return { faults: [notJson(text, (error as Error).message)] };
  }
  const result = pluginManifest.safeParse(content, { error: sentence, reportInput: true });
  if (result.success) return { manifest: result.data, text };
  return { faults: result.error.issues.flatMap((issue) => faultsOf(text, issue)) };
}

/** `plugin.json:4:3`, of a member of it. */
export const placeInManifest = (text: string, path: readonly PropertyKey[]): string => {
  const { line, column } = positionInJson(text, path);
  return `${manifestPath}:${line}:${column}`;
};

function notJson(text: string, message: string): string {
  const told = /\s*\(?(?:in JSON )?at position (\d+).*$/.exec(message);
  const { line, column } = positionAt(text, told === null ? text.length : Number(told[1]));
  return `${manifestPath}:${line}:${column}: It is not valid JSON: ${message.replace(/\s*(in JSON )?at position.*$/, '')}.`;
}

function faultsOf(text: string, issue: z.core.$ZodIssue): string[] {
  const { path } = issue;
  const at = (place: readonly PropertyKey[]): string => `${placeInManifest(text, place)}: ${place.join('.') || manifestPath}: `;
  if (issue.code !== 'unrecognized_keys') return [`${at(path)}${issue.message}`];
  return issue.keys.map((key) => `${at([...path, key])}There is no such field. Known here are ${knownAt(path)}.`);
}

function sentence(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === 'invalid_value') return `Use one of ${issue.values.map(String).join(', ')}.`;
  return issue.code === 'invalid_type' && issue.input === undefined ? 'It is missing.' : undefined;
}

function knownAt(path: readonly PropertyKey[]): string {
  const { actions, limits } = pluginManifest.shape;
  const shape =
    path[0] === 'actions'
      ? path[2] === 'limits'
        ? limits.unwrap().shape
        : actions.valueType.shape
      : path[0] === 'limits'
        ? limits.unwrap().shape
        : pluginManifest.shape;
  return Object.keys(shape).join(', ');
}
