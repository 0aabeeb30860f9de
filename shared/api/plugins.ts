import * as z from 'zod';
import { pluginAction } from '../plugin-manifest.ts';
import { instant } from './listing.ts';

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
    /** `folder`: read from the plugins folder of the server; `pushed`: put through the API */
    source: z.enum(['folder', 'pushed']),
    updatedAt: instant,
    /** agents that hold the current bundle */
    heldBy: z.int(),
  })
  .meta({ id: 'PluginSummary' });
export type PluginSummary = z.infer<typeof pluginSummary>;

export const pluginDetail = pluginSummary
  .extend({
    files: z.array(z.object({ path: z.string(), executable: z.boolean(), bytes: z.int(), text: z.string().nullable() })),
    versions: z.array(
      z.object({ sha256: z.string(), version: z.string(), createdAt: instant, createdBy: z.string(), current: z.boolean() }),
    ),
  })
  .meta({ id: 'PluginDetail' });
export type PluginDetail = z.infer<typeof pluginDetail>;
