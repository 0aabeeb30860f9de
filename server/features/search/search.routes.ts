import { searchQuery, searchResult } from '../../../shared/api/search.ts';
import { allows } from '../../../shared/permissions.ts';
import { type AnyRoute, route } from '../../platform/http/route.ts';
import type { Search } from './search.service.ts';

export const createSearchRoutes = (search: Search): AnyRoute[] => [
  route({
    method: 'GET',
    path: '/api/v1/search',
    // each kind of what is found is checked besides
    permission: 'tasks.read',
    tag: 'search',
    summary: 'Find agents, tasks, plugins, runs and executions by name or id',
    query: searchQuery,
    responses: { 200: searchResult },
    handler: async ({ query: { q, limit }, actor }) => ({
      status: 200,
      body: { items: await search.find(q, limit, (permission) => actor !== undefined && allows(actor.role, permission)) },
    }),
  }),
];
