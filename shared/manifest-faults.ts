import type { z } from 'zod';
import { type Position, positionAt, positionInJson } from './json-position.ts';
import { type PluginManifest, pluginManifest } from './plugin-manifest.ts';

export type ManifestFault = Position & { readonly message: string };

/** @param text of a `plugin.json`, without the mark that some editors write before it */
export function manifestOrFaults(text: string): { readonly manifest: PluginManifest } | { readonly faults: ManifestFault[] } {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    return { faults: [notJson(text, (error as Error).message)] };
  }
  const result = pluginManifest.safeParse(content, { error: sentence, reportInput: true });
  if (result.success) return { manifest: result.data };
  return { faults: result.error.issues.flatMap((issue) => faultsOf(text, issue)) };
}

function notJson(text: string, message: string): ManifestFault {
  const told = /\s*\(?(?:in JSON )?at position (\d+).*$/.exec(message);
  const place = positionAt(text, told === null ? text.length : Number(told[1]));
  return { ...place, message: `It is not valid JSON: ${message.replace(/\s*(in JSON )?at position.*$/, '')}.` };
}

function faultsOf(text: string, issue: z.core.$ZodIssue): ManifestFault[] {
  const { path } = issue;
  const at = (place: readonly PropertyKey[], message: string): ManifestFault => ({
    ...positionInJson(text, place),
    message: `${place.join('.') || 'plugin.json'}: ${message}`,
  });
  if (issue.code !== 'unrecognized_keys') return [at(path, issue.message)];
  return issue.keys.map((key) => at([...path, key], `There is no such field. Known here are ${knownAt(path)}.`));
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
