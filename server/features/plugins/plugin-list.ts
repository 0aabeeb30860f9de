import { z } from 'zod';
import type { PluginSummary } from '../../../shared/api/plugins.ts';
import { runtimes } from '../../../shared/plugin-manifest.ts';

/** What the list of plugins is filtered by; all of it stands in the URL. */
export const pluginListQuery = z.object({
  /** part of a name, a description or the name of an action */
  q: z.string().trim().max(200).optional(),
  runtime: z.enum(runtimes).optional(),
  source: z.enum(['folder', 'pushed']).optional(),
  /** `behind`: some agent that should have the current version has not */
  agents: z.enum(['behind']).optional(),
});
export type PluginListQuery = z.infer<typeof pluginListQuery>;

/** @param behind agents without the current version, by the name of the plugin */
export function filteredPlugins(
  plugins: readonly PluginSummary[],
  { q, runtime, source, agents }: PluginListQuery,
  behind: ReadonlyMap<string, number>,
): PluginSummary[] {
  const wanted = q?.toLowerCase() ?? '';
  return plugins.filter(
    (plugin) =>
      textsOf(plugin).some((text) => text.toLowerCase().includes(wanted)) &&
      (runtime === undefined || plugin.runtime === runtime) &&
      (source === undefined || plugin.source === source) &&
      (agents === undefined || behind.has(plugin.name)),
  );
}

const textsOf = ({ name, description, actions }: PluginSummary): string[] => [
  name,
  description,
  ...Object.entries(actions).flatMap(([action, { title = '' }]) => [action, title]),
];
