import { errorCatalogue } from '../../../shared/errors.ts';
import { page } from './page.ts';

/** Where the `type` of every problem points to. */
export const errorCataloguePage = page({
  method: 'GET',
  path: '/api/docs/errors',
  permission: 'open',
  handler: async () => ({
    kind: 'view',
    view: new URL('./views/error-catalogue.ejs', import.meta.url).href,
    title: 'Errors of the API',
    section: '',
    data: { errors: Object.entries(errorCatalogue).map(([code, { status, title }]) => ({ code, status, title })) },
  }),
});
