import { z } from 'zod';
import { MusterError, problemOf } from '../../../shared/errors.ts';
import { type Form, type FormProblems, formBody, problemsOfError, textOf, viewsOf } from '../../platform/web/form.ts';
import { type AnyPage, type PageAnswer, page } from '../../platform/web/page.ts';
import { localPath } from '../../platform/web/paging.ts';
import type { Origin } from './origin.ts';

type ViewAnswer = Extract<PageAnswer, { kind: 'view' }>;
type SignedIn = Promise<{ readonly setCookie: string }>;

export type SignInPagesResources = {
  readonly signInWithPassword: (name: string, password: string, address: string | null) => SignedIn;
  readonly signInWithToken: (token: string, address: string | null) => SignedIn;
  readonly signInWithCode: (code: string, address: string | null) => SignedIn;
  readonly signOut: (cookieHeader: string | undefined, origin: Origin) => SignedIn;
};

const view = viewsOf(import.meta.url);

export function createSignInPages(resources: SignInPagesResources): AnyPage[] {
  return [
    page({
      method: 'GET',
      path: '/sign-in',
      permission: 'open',
      query: z.object({ code: z.string().max(200).optional(), next: z.string().max(2000).optional() }),
      handler: async ({ query, actor, address, headers }) => {
        const next = localPath(query.next);
        if (query.code !== undefined && isNavigation(headers)) {
          try {
            const { setCookie } = await resources.signInWithCode(query.code, address);
            return { kind: 'redirect', to: next, cookies: [setCookie] };
          } catch (error) {
            return refused(next, {}, error);
          }
        }
        return actor === undefined ? signInView(next, {}, null) : { kind: 'redirect', to: next };
      },
    }),
    page({
      method: 'POST',
      path: '/sign-in',
      permission: 'open',
      // of somebody who has proved nothing yet
      bodyLimit: 16 * 1024,
      body: formBody,
      handler: async ({ body, address }) => {
        const next = localPath(textOf(body, 'next'));
        try {
          const token = textOf(body, 'token').trim();
          const { setCookie } =
            token === ''
              ? await resources.signInWithPassword(textOf(body, 'name').trim(), textOf(body, 'password'), address)
              : await resources.signInWithToken(token, address);
          return { kind: 'redirect', to: next, cookies: [setCookie] };
        } catch (error) {
          return refused(next, { name: textOf(body, 'name'), by: textOf(body, 'by') }, error);
        }
      },
    }),
    page({
      method: 'POST',
      path: '/sign-out',
      permission: 'account.use',
      body: formBody,
      handler: async ({ headers, address }) => {
        const { setCookie } = await resources.signOut(headers.cookie, { address });
        return { kind: 'redirect', to: '/sign-in', cookies: [setCookie] };
      },
    }),
  ];
}

/** The form again, with the status of the error: a program that tries passwords out is told as clearly as a person to stop. */
function refused(next: string, values: Form, error: unknown): PageAnswer {
  const problems = problemsOfError(error);
  return { ...signInView(next, values, problems), status: error instanceof MusterError ? problemOf(error).status : 401 };
}

const signInView = (next: string, values: Form, problems: FormProblems | null): ViewAnswer => ({
  kind: 'view',
  view: view('sign-in'),
  title: 'Sign in',
  section: '',
  data: { next, values, problems },
});

/**
 * A one-time code is spent only by a person who opens the link: not by a prefetch, an image or a frame on another page. Browsers leave the
 * `Sec-Fetch` headers out on plain HTTP beyond loopback, so their absence says nothing.
 */
function isNavigation(headers: Readonly<Record<string, string | undefined>>): boolean {
  const purpose = headers['sec-purpose'] ?? headers.purpose ?? '';
  return (
    !purpose.includes('prefetch') &&
    (headers['sec-fetch-mode'] ?? 'navigate') === 'navigate' &&
    (headers['sec-fetch-dest'] ?? 'document') === 'document'
  );
}
