import * as z from 'zod';
import { pluginAction } from '../plugin-manifest.ts';
import { instant, pageQuery } from './listing.ts';

export const pluginSummary = z
  .object({
    name: z.string(),
    version: z.string(),
    description: z.string(),
    runtime: z.string(),
    actions: z.record(z.string(), pluginAction),
    platforms: z.array(z.string()).nullable(),
    sha256: z.string(),
    bytes: z.int(),
    /** `folder`: read from the plugins folder of the server; `pushed`: put through the API, which wins over the folder */
    source: z.enum(['folder', 'pushed']),
    updatedAt: instant,
    /** agents that hold the current bundle */
    heldBy: z.int(),
  })
  .meta({ id: 'PluginSummary' });
export type PluginSummary = z.infer<typeof pluginSummary>;

const files = z.array(
  z.object({
    path: z.string(),
    executable: z.boolean(),
    bytes: z.int(),
    /** null for what is not text, or very long */ text: z.string().nullable(),
  }),
);

/** A stored bundle of a plugin. */
export const pluginVersion = z
  .object({
    sha256: z.string(),
    version: z.string(),
    bytes: z.int(),
    createdAt: instant,
    createdBy: z.string(),
    current: z.boolean(),
    /** agents that hold it */
    heldBy: z.int(),
  })
  .meta({ id: 'PluginVersion' });
export type PluginVersion = z.infer<typeof pluginVersion>;

export const pluginDetail = pluginSummary
  .extend({
    files,
    /** newest first */
    versions: z.array(pluginVersion),
    /** the plugins folder of the server holds another plugin of this name, which is not used because this one was pushed */
    hidesFolder: z.boolean(),
  })
  .meta({ id: 'PluginDetail' });
export type PluginDetail = z.infer<typeof pluginDetail>;

export const pluginVersionDetail = pluginVersion
  .extend({ name: z.string(), runtime: z.string(), actions: z.record(z.string(), pluginAction), files })
  .meta({ id: 'PluginVersionDetail' });
export type PluginVersionDetail = z.infer<typeof pluginVersionDetail>;

const versionName = z.string().min(1).max(64);
/** A version is named as `1.2.0`, or by the beginning of its SHA-256, six digits or more. */
export const pluginVersionChoice = z.strictObject({ version: versionName }).meta({ id: 'PluginVersionChoice' });

export const pluginDiffQuery = z.strictObject({
  /** absent: the version before `to` */
  from: versionName.optional(),
  /** absent: the current one */
  to: versionName.optional(),
});

const bundleRef = z.object({ version: z.string(), sha256: z.string() });

/** What is different between two bundles of a plugin, file by file, plugin.json among them. */
export const pluginDiff = z
  .object({
    name: z.string(),
    /** null: there was none */
    from: bundleRef.nullable(),
    to: bundleRef,
    files: z.array(
      z.object({
        path: z.string(),
        change: z.enum(['added', 'removed', 'changed']),
        /** lines; null where they cannot be counted: what is not text, or too long to be compared */
        added: z.int().nullable(),
        removed: z.int().nullable(),
        /** unified, without the names of the file */
        patch: z.string().nullable(),
      }),
    ),
  })
  .meta({ id: 'PluginDiff' });
export type PluginDiff = z.infer<typeof pluginDiff>;

export const pluginHolderStates = ['current', 'outdated', 'missing', 'not_for_it'] as const;

/** Which bundle of a plugin an agent has. */
export const pluginHolder = z
  .object({
    agentId: z.string(),
    agentName: z.string(),
    status: z.string(),
    /** `outdated`: it holds earlier bundles only; `not_for_it`: the plugin does not run on its platform */
    state: z.enum(pluginHolderStates),
    held: z.array(bundleRef),
  })
  .meta({ id: 'PluginHolder' });
export type PluginHolder = z.infer<typeof pluginHolder>;

export const pluginHolderQuery = pageQuery.extend({ state: z.enum(pluginHolderStates).optional() });

/** A plugin as somebody edits it: what is not named stays as it is in the version that was opened. */
export const pluginDraft = z
  .strictObject({
    /** SHA-256 of the version that was opened; null: there was none */
    base: z.string().max(64).nullable(),
    files: z
      .array(
        z.strictObject({
          path: z.string().max(300),
          /** its path in the version that was opened; null: it is new */
          was: z.string().max(300).nullable(),
          text: z.string(),
        }),
      )
      .max(500),
    /** paths of the version that was opened */
    removed: z.array(z.string().max(300)).max(2000).default([]),
  })
  .meta({ id: 'PluginDraft' });
export type PluginDraft = z.infer<typeof pluginDraft>;

/** What somebody should look at before a plugin is saved, with the place, where there is one. */
export const pluginProblem = z
  .object({
    /** `error`: it would be refused, or could not run */
    level: z.enum(['error', 'warning']),
    file: z.string(),
    line: z.int().nullable(),
    column: z.int().nullable(),
    message: z.string(),
  })
  .meta({ id: 'PluginProblem' });
export type PluginProblem = z.infer<typeof pluginProblem>;

export const pluginProblems = z
  .object({
    problems: z.array(pluginProblem),
    /** SHA-256 of the version that is current now; null: there is none. Another than the `base` of the draft: somebody saved meanwhile */
    current: z.string().nullable(),
  })
  .meta({ id: 'PluginProblems' });
