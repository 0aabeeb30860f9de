import { z } from 'zod';
import { type Execution, executionQuery } from '../../../shared/api/executions.ts';
import type { Page as ListPage } from '../../../shared/api/listing.ts';
import type { SavedView } from '../../../shared/api/saved-views.ts';
import { timeOfId } from '../../../shared/ids.ts';
import { reasonCodes } from '../../../shared/reasons.ts';
import { executionStates } from '../../../shared/states.ts';
import { signedIn, viewsOf } from '../../platform/web/form.ts';
import { type AnyPage, page } from '../../platform/web/page.ts';
import { pagerOf, pagingQuery, urlOf } from '../../platform/web/paging.ts';
import { rowsLookedAt } from './execution-traits.ts';

export type ExecutionsListResources = {
  readonly list: (query: z.infer<typeof executionQuery>) => Promise<ListPage<Execution>>;
  readonly savedViews: (viewer: string) => Promise<readonly SavedView[]>;
  readonly plugins: () => Promise<readonly { readonly name: string }[]>;
  readonly agentNamed: (name: string) => { readonly id: string } | undefined;
  readonly nameOf: (kind: 'task' | 'agent', id: string) => Promise<string | undefined>;
};

const view = viewsOf(import.meta.url);
const path = '/executions';
const { runId, taskId, agentId, state, since, until, plugin, reason, text } = executionQuery.shape;
const query = z.object({
  ...pagingQuery,
  runId, taskId, agentId, state, since, until, plugin, reason, text,
  /** name of a host, as people type it */
  host: z.string().max(64).optional(),
}); // biome-ignore format: a list of fields
type Query = z.infer<typeof query>;

/** What the field "created" offers; any other time comes by the URL. */
const spans = { '1h': 'the last hour', '24h': 'the last day', '7d': 'the last week', '30d': 'the last 30 days' } as const;

export const createExecutionsListPage = (resources: ExecutionsListResources): AnyPage =>
  page({
    method: 'GET',
    path,
    permission: 'tasks.read',
    query,
    handler: async (request) => {
      const given = request.query;
      const { after, host, ...asked } = given;
      const named = host === undefined ? undefined : resources.agentNamed(host);
      const isUnknownHost = host !== undefined && named === undefined;
      const found = isUnknownHost
        ? { items: [], next: null }
        : await resources.list({ ...asked, ...(named === undefined ? {} : { agentId: named.id }), after, limit: 100 });
      const { after: _, ...filters } = given;
      const data = {
        executions: found.items,
        query: given,
        chips: await chipsOf(given, resources),
        executionStates,
        reasons: Object.keys(reasonCodes),
        plugins: (await resources.plugins()).map(({ name }) => name),
        spans,
        views: await resources.savedViews(signedIn(request).name),
        present: urlOf('', filters).slice(1),
        unknownHost: isUnknownHost ? host : null,
        // looked at so many rows, and there are more
        lookedBackTo: found.next !== null && found.items.length < 100 ? new Date(timeOfId(found.next)).toISOString() : null,
        rowsLookedAt,
        pager: pagerOf(path, given, found.next),
      };
      return { kind: 'view', view: view('executions'), title: 'Executions', section: 'executions', data, topics: ['overview'] };
    },
  });

type Chip = { readonly text: string; readonly without: string };

/** What is asked for, each with the address of the list without it. */
async function chipsOf(given: Query, { nameOf }: ExecutionsListResources): Promise<Chip[]> {
  const { after: _, ...filters } = given;
  const words: Readonly<Record<string, (value: string) => string | Promise<string>>> = {
    runId: (id) => `of run ${id.slice(-6)}`,
    taskId: async (id) => `of task ${(await nameOf('task', id)) ?? id}`,
    agentId: async (id) => `on ${(await nameOf('agent', id)) ?? id}`,
    host: (name) => `on ${name}`,
    since: (time) => `in ${spans[time as keyof typeof spans] ?? `the time since ${time}`}`,
    until: (time) => `before ${time}`,
    plugin: (name) => `plugin ${name}`,
    text: (words) => `“${words}”`,
    reason: (code) => code.replaceAll('_', ' '),
  };
  return Promise.all(
    Object.entries(filters)
      .filter(([key, value]) => value !== undefined && words[key] !== undefined)
      .map(async ([key, value]) => ({
        text: (await words[key]?.(String(value))) ?? '',
        without: urlOf(path, { ...filters, [key]: undefined }),
      })),
  );
}
