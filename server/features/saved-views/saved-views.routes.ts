import { z } from 'zod';
import { savedView, savedViewInput, savedViewQuery } from '../../../shared/api/saved-views.ts';
import { allows } from '../../../shared/permissions.ts';
import { type AnyRoute, route } from '../../platform/http/route.ts';
import { asker } from '../auth/asker.ts';
import type { SavedViewsService } from './saved-views.service.ts';

const path = '/api/v1/saved-views';
const tag = 'saved-views';

export const createSavedViewsRoutes = (views: SavedViewsService): AnyRoute[] => [
  route({
    method: 'GET',
    path,
    permission: 'account.use',
    summary: 'List the saved views of a list: one’s own, then those that others share',
    tag,
    query: savedViewQuery,
    responses: { 200: z.object({ items: z.array(savedView) }) },
    handler: async (request) => ({
      status: 200,
      body: { items: [...(await views.list(request.query.list, asker(request).name))] },
    }),
  }),
  route({
    method: 'POST',
    path,
    permission: 'account.use',
    summary: 'Save the filters of a list under a name; one of the same name is replaced',
    tag,
    body: savedViewInput,
    responses: { 201: savedView },
    handler: async (request) => ({ status: 201, body: await views.save(request.body, asker(request)) }),
  }),
  route({
    method: 'DELETE',
    path: `${path}/:id`,
    permission: 'account.use',
    summary: 'Remove a saved view',
    tag,
    params: z.strictObject({ id: z.string().min(1).max(64) }),
    responses: { 204: null },
    handler: async (request) => {
      const by = asker(request);
      await views.remove(request.params.id, by, allows(by.role, 'users.manage'));
      return { status: 204 };
    },
  }),
];
