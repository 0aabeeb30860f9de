import { z } from 'zod';
import type { Page } from '../../../shared/api/listing.ts';
import {
  type PluginDetail,
  type PluginDiff,
  type PluginHolder,
  type PluginSummary,
  type PluginVersionDetail,
  pluginDiffQuery,
} from '../../../shared/api/plugins.ts';
import type { Actor } from '../../platform/http/actor.ts';
import { patchRuns } from '../../platform/text/patch-runs.ts';
import { formBody, signedIn, viewsOf } from '../../platform/web/form.ts';
import { type AnyPage, page } from '../../platform/web/page.ts';
import type { Origin } from '../auth/origin.ts';

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
  readonly drift: (name: string, query: { state?: PluginHolder['state']; limit: number }) => Promise<Page<PluginHolder>>;
  readonly driftCounts: (name: string) => Promise<Readonly<Record<PluginHolder['state'], number>>>;
};

/** agents without the current version, of each kind */
const holdersShown = 100;

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
      handler: async () => ({
        kind: 'view',
        view: view('plugins'),
        title: 'Plugins',
        section: 'plugins',
        data: { plugins: await resources.list(), problems: resources.problems() },
        topics: ['plugins'],
      }),
    }),
    page({
      method: 'GET',
      path: '/plugins/:name',
      permission: 'plugins.read',
      params,
      handler: async ({ params: { name } }) => {
        const plugin = await resources.detail(name);
        const [counts, ...lists] = await Promise.all([
          resources.driftCounts(name),
          resources.drift(name, { state: 'outdated', limit: holdersShown }),
          resources.drift(name, { state: 'missing', limit: holdersShown }),
        ]);
        const behind = lists.flatMap(({ items }) => items);
        return {
          kind: 'view',
          view: view('plugin'),
          title: name,
          section: 'plugins',
          data: { plugin, counts, behind },
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
