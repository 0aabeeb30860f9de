import { z } from 'zod';
import { type User, userInput, userPatch } from '../../../shared/api/access.ts';
import type { Page as ListPage } from '../../../shared/api/listing.ts';
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

export type UsersPagesResources = {
  readonly list: (query: { limit: number; after?: string | undefined }) => Promise<ListPage<User>>;
  readonly get: (id: string) => Promise<User & { readonly isLastAdmin: boolean }>;
  readonly create: (input: z.infer<typeof userInput>, actor: Actor, origin: Origin) => Promise<User>;
  readonly patch: (id: string, patch: z.infer<typeof userPatch>, actor: Actor, origin: Origin) => Promise<User>;
};

type Shown = {
  readonly after?: string | undefined;
  /** whom the form beside the list is about; none: a new one */
  readonly user?: string | undefined;
  readonly done?: Done | undefined;
  readonly form: Form;
  readonly problems: FormProblems | null;
};

const view = viewsOf(import.meta.url);
const path = '/settings/users';
const id = z.string().max(64);
const done = z.enum(['created', 'role', 'password', 'disabled', 'enabled']);
type Done = z.infer<typeof done>;

export function createUsersPages(resources: UsersPagesResources): AnyPage[] {
  const show = async ({ after, user, done, form, problems }: Shown): Promise<PageAnswer> => {
    const [users, chosen] = await Promise.all([
      resources.list({ limit: 50, after }),
      user === undefined ? null : resources.get(user),
    ]);
    return {
      kind: 'view',
      view: view('users'),
      title: 'Users',
      section: 'settings',
      data: {
        users: users.items,
        chosen,
        done: done ?? null,
        pager: pagerOf(path, { after }, users.next),
        roles: roles.map((role) => ({ role, sentence: roleSentences[role] })),
        // what was typed as a password is not sent back
        values: { ...form, password: '' },
        problems,
      },
      ...(problems === null ? {} : { status: 422 }),
    };
  };

  return [
    page({
      method: 'GET',
      path,
      permission: 'users.manage',
      query: z.object({ ...pagingQuery, user: id.optional(), done: done.optional() }),
      handler: ({ query }) => show({ ...query, form: { role: 'operator' }, problems: null }),
    }),
    page({
      method: 'POST',
      path,
      permission: 'users.manage',
      body: formBody,
      handler: async (request) => {
        const form = request.body;
        const input = userInput.safeParse({
          name: textOf(form, 'name').trim(),
          role: textOf(form, 'role'),
          password: textOf(form, 'password'),
        });
        if (!input.success) return show({ form, problems: problemsOfIssues(input.error.issues) });
        try {
          const made = await resources.create(input.data, signedIn(request), { address: request.address });
          return { kind: 'redirect', to: `${path}?user=${made.id}&done=created` };
        } catch (error) {
          return show({ form, problems: problemsOfError(error) });
        }
      },
    }),
    page({
      method: 'POST',
      path: `${path}/:id`,
      permission: 'users.manage',
      params: z.object({ id }),
      body: formBody,
      handler: async (request) => {
        const { body: form, params, address } = request;
        const change = changeOf(form);
        const patch = userPatch.safeParse(change.patch);
        if (!patch.success) return show({ user: params.id, form, problems: problemsOfIssues(patch.error.issues) });
        try {
          await resources.patch(params.id, patch.data, signedIn(request), { address });
          return { kind: 'redirect', to: `${path}?user=${encodeURIComponent(params.id)}&done=${change.done}` };
        } catch (error) {
          return show({ user: params.id, form, problems: problemsOfError(error) });
        }
      },
    }),
  ];
}

/** Each form of the page changes one thing. */
function changeOf(form: Form): { readonly patch: Record<string, unknown>; readonly done: Done } {
  if (form.disabled !== undefined) {
    const disabled = textOf(form, 'disabled') === 'yes';
    return { patch: { disabled }, done: disabled ? 'disabled' : 'enabled' };
  }
  if (form.password !== undefined) return { patch: { password: textOf(form, 'password') }, done: 'password' };
  return { patch: { role: textOf(form, 'role') }, done: 'role' };
}
