import { z } from 'zod';
import { type User, userInput, type userPatch } from '../../../shared/api/access.ts';
import type { Page as ListPage } from '../../../shared/api/listing.ts';
import { roles } from '../../../shared/permissions.ts';
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
  readonly create: (input: z.infer<typeof userInput>, actor: Actor, origin: Origin) => Promise<unknown>;
  readonly patch: (id: string, patch: z.infer<typeof userPatch>, actor: Actor, origin: Origin) => Promise<unknown>;
};

const view = viewsOf(import.meta.url);
const path = '/settings/users';
const params = z.object({ id: z.string().max(64) });

export function createUsersPages(resources: UsersPagesResources): AnyPage[] {
  const show = async (after: string | undefined, form: Form, problems: FormProblems | null): Promise<PageAnswer> => {
    const users = await resources.list({ limit: 50, after });
    return {
      kind: 'view',
      view: view('users'),
      title: 'Users',
      section: 'settings',
      data: { users: users.items, pager: pagerOf(path, { after }, users.next), roles, values: form, problems },
      ...(problems === null ? {} : { status: 422 }),
    };
  };

  return [
    page({
      method: 'GET',
      path,
      permission: 'users.manage',
      query: z.object(pagingQuery),
      handler: ({ query }) => show(query.after, { role: 'operator' }, null),
    }),
    page({
      method: 'POST',
      path,
      permission: 'users.manage',
      body: formBody,
      handler: async (request) => {
        const { body } = request;
        const input = userInput.safeParse({
          name: textOf(body, 'name').trim(),
          role: textOf(body, 'role'),
          password: textOf(body, 'password'),
        });
        if (!input.success) return show(undefined, body, problemsOfIssues(input.error.issues));
        try {
          await resources.create(input.data, signedIn(request), { address: request.address });
          return { kind: 'redirect', to: path };
        } catch (error) {
          return show(undefined, body, problemsOfError(error));
        }
      },
    }),
    page({
      method: 'POST',
      path: `${path}/:id`,
      permission: 'users.manage',
      params,
      body: z.object({ role: z.enum(roles).optional(), disabled: z.enum(['yes', 'no']).optional() }),
      handler: async (request) => {
        const { role, disabled } = request.body;
        const patch = {
          ...(role === undefined ? {} : { role }),
          ...(disabled === undefined ? {} : { disabled: disabled === 'yes' }),
        };
        await resources.patch(request.params.id, patch, signedIn(request), { address: request.address });
        return { kind: 'redirect', to: path };
      },
    }),
  ];
}
