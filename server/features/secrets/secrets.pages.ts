import { z } from 'zod';
import { secretInput, secretParams } from '../../../shared/api/secrets.ts';
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

export function createSecretsPages(secrets: Pick<SecretsService, 'list' | 'write' | 'remove'>): AnyPage[] {
  const show = async (after: string | undefined, form: Form, problems: FormProblems | null): Promise<PageAnswer> => {
    const listed = await secrets.list({ limit: 50, after });
    return {
      kind: 'view',
      view: view('secrets'),
      title: 'Secrets',
      section: 'settings',
      // a value that was refused is not sent back either
      data: { secrets: listed.items, pager: pagerOf(path, { after }, listed.next), values: { ...form, value: '' }, problems },
      ...(problems === null ? {} : { status: 422 }),
    };
  };
  return [
    page({
      method: 'GET',
      path,
      permission: 'secrets.read',
      query: z.object(pagingQuery),
      handler: ({ query }) => show(query.after, {}, null),
    }),
    page({
      method: 'POST',
      path,
      permission: 'secrets.write',
      body: formBody,
      handler: async (request) => {
        const form = request.body;
        const input = written.safeParse({ name: textOf(form, 'name').trim(), value: textOf(form, 'value') });
        if (!input.success) return show(undefined, form, problemsOfIssues(input.error.issues));
        try {
          await secrets.write(input.data.name, input.data.value, signedIn(request), { address: request.address });
        } catch (error) {
          return show(undefined, form, problemsOfError(error));
        }
        return { kind: 'redirect', to: path };
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
