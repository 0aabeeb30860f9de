import * as z from 'zod';
import { actionName, pluginName } from './names.ts';
import { resourceLimits } from './resource-limits.ts';

/** `plugin.json`: what a plugin is called, what it can do, where it runs. A single-file plugin gets one made from `defaultManifest`. */

export const runtimes = ['node', 'python', 'bash', 'powershell', 'exec'] as const;
export type Runtime = (typeof runtimes)[number];

export const platforms = ['linux', 'darwin', 'win32'] as const;
export type Platform = (typeof platforms)[number];

/** A JSON Schema of draft 2020-12, restricted to what `args-schema.ts` on the server can check and the form can draw. */
export const argsSchema = z.record(z.string(), z.unknown());

export const pluginAction = z.strictObject({
  title: z.string().max(120).optional(),
  description: z.string().max(2000).optional(),
  /** JSON Schema of the arguments: an object (keyword arguments) or an array (positional). Absent: any arguments. */
  args: argsSchema.optional(),
  examples: z.array(z.unknown()).max(20).optional(),
  /** what this action may use of its host, beside the limits of the plugin */
  limits: resourceLimits.optional(),
});
export type PluginAction = z.infer<typeof pluginAction>;

export const pluginLimits = z.strictObject({
  timeoutSeconds: z.int().min(1).max(604_800).optional(),
  /** bytes of output kept in the ledger; past it head and tail are kept */
  outputBytes: z.int().min(1024).max(1_073_741_824).optional(),
  ...resourceLimits.shape,
});

export const pluginManifest = z.strictObject({
  name: pluginName,
  version: z
    .string()
    // it stands in the catalogue, which every agent reads as a whole
    .max(64, 'A version has at most 64 characters.')
    .regex(/^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/, 'Use a version such as 1.2.3.')
    .default('0.0.0'),
  description: z.string().max(500).default(''),
  runtime: z.enum(runtimes),
  /** path of the entry file inside the bundle, with forward slashes */
  entry: z.string().min(1).max(200),
  actions: z
    .record(actionName, pluginAction)
    .refine((actions) => Object.keys(actions).length > 0, 'Declare at least one action.'),
  /** absent: every platform */
  platforms: z.array(z.enum(platforms)).min(1).optional(),
  limits: pluginLimits.optional(),
});
export type PluginManifest = z.infer<typeof pluginManifest>;

const runtimeByExtension: Readonly<Record<string, Runtime>> = {
  js: 'node', mjs: 'node', cjs: 'node', ts: 'node', py: 'python', sh: 'bash', ps1: 'powershell',
}; // biome-ignore format: a table

/** The runtime of a single-file plugin by its ending, or undefined if the ending is not one that can be run. */
export const runtimeOfFile = (file: string): Runtime | undefined =>
  runtimeByExtension[file.slice(file.lastIndexOf('.') + 1).toLowerCase()];

/**
 * The manifest of a single-file plugin. `actions` are the functions that could be seen in it (at least `main`), each with any arguments.
 */
export function defaultManifest(name: string, entry: string, runtime: Runtime, actions: readonly string[]): PluginManifest {
  const names = actions.length === 0 ? ['main'] : actions;
  return {
    name,
    version: '0.0.0',
    description: '',
    runtime,
    entry,
    actions: Object.fromEntries(names.map((action) => [action, {}])),
  };
}
