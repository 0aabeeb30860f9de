import { z } from 'zod';
import type { PluginDetail, PluginSummary } from '../../../shared/api/plugins.ts';
import type { Actor } from '../../platform/http/actor.ts';
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
  /** names of the agents that hold this bundle; null when nobody can say */
  readonly holders?: (name: string, sha256: string) => MaybePromise<readonly string[]>;
};

const view = viewsOf(import.meta.url);
const confirm = new URL('../../platform/web/views/confirm.ejs', import.meta.url).href;
const params = z.object({ name: z.string().max(64) });

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
        const holders = (await resources.holders?.(name, plugin.sha256)) ?? null;
        return {
          kind: 'view',
          view: view('plugin'),
          title: name,
          section: 'plugins',
          data: { plugin, holders },
          topics: ['plugins'],
        };
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
            text: 'Tasks that use it can no longer run. Runs that have already started keep the version that they began with.',
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
