import { z } from 'zod';
import { allows } from '../../../shared/permissions.ts';
import { signedIn, viewsOf } from '../../platform/web/form.ts';
import { type AnyPage, page } from '../../platform/web/page.ts';
import type { Search } from './search.service.ts';

const view = viewsOf(import.meta.url);
const shownOfEach = 20;

/** The search of those without script, and where Enter in the search field leads. */
export const createSearchPages = (search: Search): AnyPage[] => [
  page({
    method: 'GET',
    path: '/search',
    permission: 'tasks.read',
    query: z.object({ q: z.string().max(200).optional() }),
    handler: async (request) => {
      const { role } = signedIn(request);
      const q = request.query.q?.trim() ?? '';
      const found = await search.find(q, shownOfEach, (permission) => allows(role, permission));
      return {
        kind: 'view',
        view: view('search'),
        title: q === '' ? 'Search' : `Search: ${q}`,
        section: '',
        data: { q, groups: [...Map.groupBy(found, ({ kind }) => kind)] },
      };
    },
  }),
];
