import * as z from 'zod';
import { json } from './json.ts';
import { pluginManifest } from './plugin-manifest.ts';
import { attemptOutcomes } from './states.ts';

/**
 * How `muster plugins run` has a plugin run on this host: it starts the agent's program with the subcommand `plugin-trial`, sends the order
 * through the channel between the two processes, and reads messages, one line of JSON each, from the program's standard output.
 */
export const trialOrder = z.strictObject({
  type: z.literal('order'),
  /** the unpacked bundle */
  bundleDir: z.string(),
  manifest: pluginManifest,
  sha256: z.string(),
  action: z.string(),
  args: json,
  env: z.record(z.string(), z.string()),
  /** a folder that does not exist yet */
  workspace: z.string(),
  /** a folder for the files that it wants kept */
  artifacts: z.string(),
  timeoutSeconds: z.number(),
  graceSeconds: z.number(),
});
export type TrialOrder = z.infer<typeof trialOrder>;

/** Politely, then by force after so many seconds; may be sent twice. */
export const trialStop = z.strictObject({ type: z.literal('stop'), graceSeconds: z.number() });
export const toTrial = z.discriminatedUnion('type', [trialOrder, trialStop]);

export const trialEnd = z.object({
  outcome: z.enum(attemptOutcomes),
  reason: z.string(),
  message: z.string(),
  exitCode: z.int().nullable(),
  data: json,
  durationMs: z.number(),
});
export type TrialEnd = z.infer<typeof trialEnd>;

export const fromTrial = z.union([
  z.tuple([z.enum(['out', 'err', 'log']), z.string()]),
  z.tuple([z.literal('progress'), z.number(), z.string()]),
  z.tuple([z.literal('end'), trialEnd]),
]);
export type FromTrial = z.infer<typeof fromTrial>;
