import { z } from 'zod';
import { type ApiToken, tokenInput } from '../../../shared/api/access.ts';
import type { Page as ListPage } from '../../../shared/api/listing.ts';
import { parseDuration } from '../../../shared/durations.ts';
import { roleSentences, roles } from '../../../shared/permissions.ts';
import type { Actor } from '../../platform/http/actor.ts';
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
import type { Origin } from './origin.ts';

export type TokensPagesResources = {
  readonly list: (query: { limit: number; after?: string | undefined }) => Promise<ListPage<ApiToken>>;
  readonly get: (id: string) => Promise<ApiToken>;
  readonly create: (
    input: z.infer<typeof tokenInput>,
    actor: Actor,
    origin: Origin,
  ) => Promise<ApiToken & { readonly token: string }>;
  readonly revoke: (id: string, actor: Actor, origin: Origin) => Promise<unknown>;
};

type Shown = {
  readonly form: Form;
  readonly problems: FormProblems | null;
  /** made a moment ago */
  readonly made: (ApiToken & { readonly token: string }) | null;
  /** of the token that is about to be revoked */
  readonly revoke?: string | undefined;
};

const view = viewsOf(import.meta.url);
const path = '/settings/tokens';

export function createTokensPages(resources: TokensPagesResources): AnyPage[] {
  const show = async (after: string | undefined, { form, problems, made, revoke }: Shown): Promise<PageAnswer> => {
    const [tokens, asked] = await Promise.all([
      resources.list({ limit: 50, after }),
      revoke === undefined ? null : resources.get(revoke),
    ]);
    return {
      kind: 'view',
      view: view('tokens'),
      title: 'API tokens',
      section: 'settings',
      data: {
        tokens: tokens.items,
        pager: pagerOf(path, { after }, tokens.next),
        roles: roles.map((role) => ({ role, sentence: roleSentences[role] })),
        values: form,
        problems,
        made,
        asked: asked?.revoked === true ? null : asked,
      },
      ...(problems === null ? {} : { status: 422 }),
    };
  };
  const blank: Shown = { form: { role: 'operator', expiresInSeconds: '90d' }, problems: null, made: null };

  return [
    page({
      method: 'GET',
      path,
      permission: 'tokens.manage',
      query: z.object({ ...pagingQuery, revoke: z.string().max(64).optional() }),
      handler: ({ query: { after, revoke } }) => show(after, { ...blank, revoke }),
    }),
    page({
      method: 'POST',
      path,
      permission: 'tokens.manage',
      body: formBody,
      // the answer is the page itself and no redirect: the secret is shown this once and kept nowhere
      handler: async (request) => {
        const form = request.body;
        const expiry = textOf(form, 'expiresInSeconds').trim();
        const seconds = expiry === '' ? undefined : parseDuration(expiry);
        if (expiry !== '' && seconds === undefined) {
          const fields = { expiresInSeconds: 'Use a duration such as 12h or 90d, or leave it empty.' };
          return show(undefined, { form, problems: { summary: 'One field needs a look.', fields }, made: null });
        }
        const input = tokenInput.safeParse({
          name: textOf(form, 'name').trim(),
          role: textOf(form, 'role'),
          expiresInSeconds: seconds,
        });
        if (!input.success) return show(undefined, { form, problems: problemsOfIssues(input.error.issues), made: null });
        try {
          const made = await resources.create(input.data, signedIn(request), { address: request.address });
          return show(undefined, { ...blank, made });
        } catch (error) {
          return show(undefined, { form, problems: problemsOfError(error), made: null });
        }
      },
    }),
    page({
      method: 'POST',
      path: `${path}/:id/revoke`,
      permission: 'tokens.manage',
      params: z.object({ id: z.string().max(64) }),
      body: formBody,
      handler: async (request) => {
        await resources.revoke(request.params.id, signedIn(request), { address: request.address });
        return { kind: 'redirect', to: path };
      },
    }),
  ];
}
