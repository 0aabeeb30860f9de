import { z } from 'zod';
import { type SavedList, savedLists, savedViewInput } from '../../../shared/api/saved-views.ts';
import { MusterError } from '../../../shared/errors.ts';
import { allows } from '../../../shared/permissions.ts';
import { formBody, signedIn, textOf } from '../../platform/web/form.ts';
import { type AnyPage, page } from '../../platform/web/page.ts';
import type { SavedViewsService } from './saved-views.service.ts';

/** What the partial `saved-views` posts; the list itself is shown by its own page. */
export const createSavedViewsPages = (views: Pick<SavedViewsService, 'save' | 'remove'>): AnyPage[] => [
  page({
    method: 'POST',
    path: '/saved-views',
    permission: 'account.use',
    body: formBody,
    handler: async (request) => {
      const form = request.body;
      const input = savedViewInput.safeParse({
        list: textOf(form, 'list'),
        name: textOf(form, 'name'),
        query: textOf(form, 'query'),
        shared: textOf(form, 'shared') !== '',
      });
      if (!input.success) {
        const [issue] = input.error.issues;
        throw new MusterError('field_invalid', `${issue?.path.join('.')}: ${issue?.message}`, {
          field: issue?.path.join('.') ?? '',
        });
      }
      await views.save(input.data, signedIn(request));
      return { kind: 'redirect', to: `/${input.data.list}?${input.data.query}` };
    },
  }),
  page({
    method: 'POST',
    path: '/saved-views/:id/remove',
    permission: 'account.use',
    params: z.object({ id: z.string().max(64) }),
    body: formBody,
    handler: async (request) => {
      const by = signedIn(request);
      await views.remove(request.params.id, by, allows(by.role, 'users.manage'));
      const list = textOf(request.body, 'list');
      return { kind: 'redirect', to: `/${savedLists.includes(list as SavedList) ? list : 'executions'}` };
    },
  }),
];
