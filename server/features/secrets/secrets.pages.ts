import { z } from 'zod';
import { secretInput, secretParams } from '../../../shared/api/secrets.ts';
import { secretName } from '../../../shared/secret-references.ts';
import {
  type Form,
  type FormProblems,
  formBody,
  problemsOfError,
  problemsOfIssues,
  signedIn,
  textOf,
  viewsOf,
} from '../../platform/web/form.ts';
import { type AnyPage, type PageAnswer, page } from '../../platform/web/page.ts';
import { pagerOf, pagingQuery } from '../../platform/web/paging.ts';
import type { SecretsService } from './secrets.service.ts';

const view = viewsOf(import.meta.url);
const path = '/settings/secrets';
const written = secretParams.extend(secretInput.shape);

type Shown = {
  readonly after?: string | undefined;
  /** the secret that is about to be removed */
  readonly remove?: string | undefined;
  /** whose name stands in the form already */
  readonly replace?: string | undefined;
  /** written a moment ago */
  readonly done?: string | undefined;
  readonly form?: Form;
  readonly problems?: FormProblems | null;
};

export function createSecretsPages(secrets: Pick<SecretsService, 'list' | 'get' | 'write' | 'remove'>): AnyPage[] {
  const show = async ({ after, remove, replace, done, form = {}, problems = null }: Shown): Promise<PageAnswer> => {
    const [listed, asked] = await Promise.all([
      secrets.list({ limit: 50, after }),
      remove === undefined ? null : secrets.get(remove),
    ]);
    return {
      kind: 'view',
      view: view('secrets'),
      title: 'Secrets',
      section: 'settings',
      // a value that was refused is not sent back either
      data: {
        secrets: listed.items,
        pager: pagerOf(path, { after }, listed.next),
        values: { name: replace ?? '', ...form, value: '' },
        problems,
        asked,
        written: done ?? null,
      },
      ...(problems === null ? {} : { status: 422 }),
    };
  };
  return [
    page({
      method: 'GET',
      path,
      permission: 'secrets.read',
      query: z.object({
        ...pagingQuery,
        remove: secretName.optional(),
        replace: secretName.optional(),
        done: secretName.optional(),
      }),
      handler: ({ query }) => show(query),
    }),
    page({
      method: 'POST',
      path,
      permission: 'secrets.write',
      body: formBody,
      handler: async (request) => {
        const form = request.body;
        const input = written.safeParse({ name: textOf(form, 'name').trim(), value: textOf(form, 'value') });
        if (!input.success) return show({ form, problems: problemsOfIssues(input.error.issues) });
        try {
          await secrets.write(input.data.name, input.data.value, signedIn(request), { address: request.address });
        } catch (error) {
          return show({ form, problems: problemsOfError(error) });
        }
        return { kind: 'redirect', to: `${path}?done=${input.data.name}` };
      },
    }),
    page({
      method: 'POST',
      path: `${path}/:name/remove`,
      permission: 'secrets.write',
      params: secretParams,
      body: formBody,
      handler: async (request) => {
        await secrets.remove(request.params.name, signedIn(request), { address: request.address });
        return { kind: 'redirect', to: path };
      },
    }),
  ];
}
