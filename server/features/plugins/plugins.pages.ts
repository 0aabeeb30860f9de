import { z } from 'zod';
import type { Page } from '../../../shared/api/listing.ts';
import {
  type PluginDetail,
  type PluginDiff,
  type PluginHolder,
  type PluginSummary,
  type PluginVersionDetail,
  pluginDiffQuery,
  pluginHolderStates,
} from '../../../shared/api/plugins.ts';
import { runtimes } from '../../../shared/plugin-manifest.ts';
import type { Actor } from '../../platform/http/actor.ts';
import { patchRuns } from '../../platform/text/patch-runs.ts';
import { formBody, signedIn, viewsOf } from '../../platform/web/form.ts';
import { type AnyPage, page } from '../../platform/web/page.ts';
import { pagerOf, pagingQuery } from '../../platform/web/paging.ts';
import type { Origin } from '../auth/origin.ts';
import { argRowsOf, exampleText } from './args-table.ts';
import { filteredPlugins, pluginListQuery } from './plugin-list.ts';

type MaybePromise<T> = T | Promise<T>;

export type PluginsPagesResources = {
  readonly list: () => MaybePromise<readonly PluginSummary[]>;
  readonly detail: (name: string) => MaybePromise<PluginDetail>;
  readonly remove: (name: string, actor: Actor, origin: Origin) => Promise<unknown>;
  /** what in the plugins folder could not be loaded, and why */
  readonly problems: () => readonly { readonly path: string; readonly message: string }[];
  readonly history: {
    diff(name: string, from: string | undefined, to: string | undefined): Promise<PluginDiff>;
    version(name: string, version: string): Promise<Pick<PluginVersionDetail, 'version' | 'sha256' | 'current'>>;
  };
  readonly rollback: (name: string, version: string, actor: Actor, origin: Origin) => Promise<unknown>;
  readonly drift: (
    name: string,
    query: { state?: PluginHolder['state'] | undefined; after?: string | undefined; limit: number },
  ) => Promise<Page<PluginHolder>>;
  readonly driftCounts: (name: string) => Promise<Readonly<Record<PluginHolder['state'], number>>>;
  /** agents without the current version, by the name of the plugin */
  readonly lagging: () => ReadonlyMap<string, number>;
  /** when each was last fired, of those that ever were */
  readonly lastUsed: (names: readonly string[]) => Promise<ReadonlyMap<string, string>>;
};

/** agents without the current version that the page of a plugin names, of each kind */
const laggingShown = 8;
const holdersOnPage = 100;

const view = viewsOf(import.meta.url);
const confirm = new URL('../../platform/web/views/confirm.ejs', import.meta.url).href;
const params = z.object({ name: z.string().max(64) });
const rollbackQuery = z.object({ version: z.string().min(1).max(64) });

export function createPluginsPages(resources: PluginsPagesResources): AnyPage[] {
  return [
    page({
      method: 'GET',
      path: '/plugins',
      permission: 'plugins.read',
      query: pluginListQuery,
      handler: async ({ query }) => {
        const all = await resources.list();
        const behind = resources.lagging();
        const plugins = filteredPlugins(all, query, behind);
        const lastUsed = await resources.lastUsed(plugins.map(({ name }) => name));
        return {
          kind: 'view',
          view: view('plugins'),
          title: 'Plugins',
          section: 'plugins',
          data: { plugins, total: all.length, behind, lastUsed, query, runtimes, problems: resources.problems() },
          topics: ['plugins'],
        };
      },
    }),
    page({
      method: 'GET',
      path: '/plugins/:name',
      permission: 'plugins.read',
      params,
      handler: async ({ params: { name } }) => {
        const plugin = await resources.detail(name);
        const counts = await resources.driftCounts(name);
        const lagging = (['outdated', 'missing'] as const).filter((state) => counts[state] > 0);
        const lists = await Promise.all(lagging.map((state) => resources.drift(name, { state, limit: laggingShown })));
        const behind = lists.flatMap(({ items }) => items).slice(0, laggingShown);
        const lastUsed = (await resources.lastUsed([name])).get(name) ?? null;
        return {
          kind: 'view',
          view: view('plugin'),
          title: name,
          section: 'plugins',
          data: { plugin, counts, behind, lastUsed, argRowsOf, exampleText },
          topics: ['plugins'],
        };
      },
    }),
    page({
      method: 'GET',
      path: '/plugins/:name/agents',
      permission: 'plugins.read',
      params,
      query: z.object({ ...pagingQuery, state: z.enum(pluginHolderStates).optional() }),
      handler: async ({ params: { name }, query }) => {
        const [counts, { items, next }] = await Promise.all([
          resources.driftCounts(name),
          resources.drift(name, { ...query, limit: holdersOnPage }),
        ]);
        return {
          kind: 'view',
          view: view('plugin-agents'),
          title: `Agents with ${name}`,
          section: 'plugins',
          data: {
            name,
            counts,
            holders: items,
            query,
            states: pluginHolderStates,
            pager: pagerOf(`/plugins/${name}/agents`, query, next),
          },
          topics: ['plugins'],
        };
      },
    }),
    page({
      method: 'GET',
      path: '/plugins/:name/diff',
      permission: 'plugins.read',
      params,
      query: pluginDiffQuery,
      handler: async ({ params: { name }, query: { from, to } }) => ({
        kind: 'view',
        view: view('plugin-diff'),
        title: `${name}: what changed`,
        section: 'plugins',
        data: { diff: await resources.history.diff(name, from, to), patchRuns },
      }),
    }),
    page({
      method: 'GET',
      path: '/plugins/:name/rollback',
      permission: 'plugins.write',
      params,
      query: rollbackQuery,
      handler: async ({ params: { name }, query: { version } }) => {
        const chosen = await resources.history.version(name, version);
        return {
          kind: 'view',
          view: confirm,
          title: `Make another version of ${name} current?`,
          section: 'plugins',
          data: {
            heading: `Make ${chosen.version} (${chosen.sha256.slice(0, 12)}) the current version of ${name}?`,
            text: 'Agents fetch it, and runs that start from now on use it. Runs under way and pinned tasks keep theirs. It counts as pushed, and so wins over the plugins folder.',
            label: 'Make it current',
            look: 'btn-primary',
            keep: 'Leave it as it is',
            action: `/plugins/${name}/rollback?version=${chosen.sha256}`,
            back: `/plugins/${name}`,
          },
        };
      },
    }),
    page({
      method: 'POST',
      path: '/plugins/:name/rollback',
      permission: 'plugins.write',
      params,
      query: rollbackQuery,
      body: formBody,
      handler: async (request) => {
        const { params, query, address } = request;
        await resources.rollback(params.name, query.version, signedIn(request), { address });
        return { kind: 'redirect', to: `/plugins/${params.name}` };
      },
    }),
    page({
      method: 'GET',
      path: '/plugins/:name/delete',
      permission: 'plugins.write',
      params,
      handler: async ({ params: { name } }) => {
        await resources.detail(name);
        return {
          kind: 'view',
          view: confirm,
          title: `Delete ${name}?`,
          section: 'plugins',
          data: {
            heading: `Delete the plugin ${name}?`,
            text: 'Tasks that use it can no longer run. Runs that have already started keep the version that they began with. Its versions stay stored: going back to one brings it back.',
            label: 'Delete the plugin',
            action: `/plugins/${name}/delete`,
            back: `/plugins/${name}`,
          },
        };
      },
    }),
    page({
      method: 'POST',
      path: '/plugins/:name/delete',
      permission: 'plugins.write',
      params,
      body: formBody,
      handler: async (request) => {
        await resources.remove(request.params.name, signedIn(request), { address: request.address });
        return { kind: 'redirect', to: '/plugins' };
      },
    }),
  ];
}
