import { z } from 'zod';
import { password } from '../../../shared/api/access.ts';
import type { Actor } from '../../platform/http/actor.ts';
import { type FormProblems, formBody, problemsOfError, signedIn, textOf, viewsOf } from '../../platform/web/form.ts';
import { type AnyPage, type PageAnswer, page } from '../../platform/web/page.ts';
import type { ChangeOwnPassword } from './own-password.service.ts';

export type AccountPagesResources = { readonly changeOwnPassword: ChangeOwnPassword };

const view = viewsOf(import.meta.url);

/** One's own account. The present password proves that it is its owner who sits there; a user who has none yet leaves it empty. */
export function createAccountPages({ changeOwnPassword }: AccountPagesResources): AnyPage[] {
  const change = async (
    actor: Actor,
    current: string,
    next: string,
    again: string,
    address: string | null,
  ): Promise<PageAnswer> => {
    const checked = password.safeParse(next);
    if (!checked.success) return accountView(problemAt('next', checked.error.issues[0]?.message ?? 'This is no password.'));
    if (next !== again) return accountView(problemAt('again', 'This is not the same.'));
    try {
      await changeOwnPassword(actor, { current, next }, { address });
      return { kind: 'redirect', to: '/settings?done=password' };
    } catch (error) {
      return accountView(problemsOfError(error));
    }
  };

  return [
    page({
      method: 'GET',
      path: '/settings',
      permission: 'account.use',
      query: z.object({ done: z.literal('password').optional() }),
      handler: async ({ query }) => accountView(null, query.done),
    }),
    page({
      method: 'POST',
      path: '/settings/password',
      permission: 'account.use',
      body: formBody,
      handler: (request) => {
        const { body, address } = request;
        return change(signedIn(request), textOf(body, 'current'), textOf(body, 'next'), textOf(body, 'again'), address);
      },
    }),
  ];
}

const problemAt = (field: string, message: string): FormProblems => ({
  summary: 'One field needs a look.',
  fields: { [field]: message },
});

const accountView = (problems: FormProblems | null, done?: 'password'): PageAnswer => ({
  kind: 'view',
  view: view('account'),
  title: 'Settings',
  section: 'settings',
  data: { problems, done: done ?? null },
  ...(problems === null ? {} : { status: 422 }),
});
