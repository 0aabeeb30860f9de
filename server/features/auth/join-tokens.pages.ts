import { z } from 'zod';
import { type JoinToken, joinTokenInput } from '../../../shared/api/access.ts';
import type { Page as ListPage } from '../../../shared/api/listing.ts';
import { parseDuration } from '../../../shared/durations.ts';
import type { JoinLine } from '../../../shared/join-lines.ts';
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
  wordsOf,
} from '../../platform/web/form.ts';
import { ownUrl } from '../../platform/web/own-url.ts';
import { type AnyPage, type PageAnswer, page } from '../../platform/web/page.ts';
import { pagerOf, pagingQuery } from '../../platform/web/paging.ts';
import type { Origin } from './origin.ts';

export type JoinTokensPagesResources = {
  readonly list: (query: { limit: number; after?: string | undefined }) => Promise<ListPage<JoinToken>>;
  readonly get: (id: string) => Promise<JoinToken>;
  readonly create: (
    input: z.infer<typeof joinTokenInput>,
    actor: Actor,
    origin: Origin,
  ) => Promise<JoinToken & { readonly token: string }>;
  readonly revoke: (id: string, actor: Actor, origin: Origin) => Promise<unknown>;
  /** what is to be run on a host, for this address of the server and this token */
  readonly joinLines: (serverUrl: string, token: string) => Promise<readonly JoinLine[]>;
  /** hosts that joined within the last hour, newest first */
  readonly joinedLately: () => readonly {
    readonly id: string;
    readonly name: string;
    readonly status: string;
    readonly enrolledAt: number;
  }[];
  /** the address that agents should use; null: the one under which this page was asked for */
  readonly publicUrl: string | null;
};

type Shown = {
  readonly form: Form;
  readonly problems: FormProblems | null;
  /** made a moment ago, with what is to be run */
  readonly made: (JoinToken & { readonly lines: readonly JoinLine[] }) | null;
  /** of the token that is about to be revoked */
  readonly revoke?: string | undefined;
};

const view = viewsOf(import.meta.url);
const path = '/settings/join-tokens';
const shownHosts = 6;

export function createJoinTokensPages(resources: JoinTokensPagesResources): AnyPage[] {
  const show = async (after: string | undefined, { form, problems, made, revoke }: Shown): Promise<PageAnswer> => {
    const [tokens, asked] = await Promise.all([
      resources.list({ limit: 50, after }),
      revoke === undefined ? null : resources.get(revoke),
    ]);
    const joined = resources.joinedLately();
    return {
      kind: 'view',
      view: view('join-tokens'),
      title: 'Join tokens',
      section: 'settings',
      data: {
        tokens: tokens.items,
        pager: pagerOf(path, { after }, tokens.next),
        values: form,
        problems,
        made,
        asked: asked?.revoked === true ? null : asked,
        joined: joined.slice(0, shownHosts),
        moreJoined: Math.max(0, joined.length - shownHosts),
      },
      // the answer to a form shows what a live update must not replace, and follows the same address
      topics: ['agents'],
      ...(problems === null ? {} : { status: 422 }),
    };
  };
  const blank: Shown = { form: { expiresInSeconds: '24h', maxUses: '1' }, problems: null, made: null };
  return [
    page({
      method: 'GET',
      path,
      permission: 'join-tokens.manage',
      query: z.object({ ...pagingQuery, revoke: z.string().max(64).optional() }),
      handler: ({ query: { after, revoke } }) => show(after, { ...blank, revoke }),
    }),
    page({
      method: 'POST',
      path,
      permission: 'join-tokens.manage',
      body: formBody,
      // the answer is the page itself and no redirect: the secret is shown this once and kept nowhere
      handler: async (request) => {
        const form = request.body;
        const input = joinTokenInput.safeParse({
          expiresInSeconds: parseDuration(textOf(form, 'expiresInSeconds').trim()) ?? 0,
          maxUses: Number(textOf(form, 'maxUses')),
          tags: wordsOf(form, 'tags'),
          ...(textOf(form, 'agentName').trim() === '' ? {} : { agentName: textOf(form, 'agentName').trim() }),
        });
        if (!input.success) return show(undefined, { form, problems: problemsOfIssues(input.error.issues), made: null });
        try {
          const { token, ...made } = await resources.create(input.data, signedIn(request), { address: request.address });
          const lines = await resources.joinLines(resources.publicUrl ?? ownUrl(request.headers), token);
          return show(undefined, { ...blank, made: { ...made, lines } });
        } catch (error) {
          return show(undefined, { form, problems: problemsOfError(error), made: null });
        }
      },
    }),
    page({
      method: 'POST',
      path: `${path}/:id/revoke`,
      permission: 'join-tokens.manage',
      params: z.object({ id: z.string().max(64) }),
      body: formBody,
      handler: async (request) => {
        await resources.revoke(request.params.id, signedIn(request), { address: request.address });
        return { kind: 'redirect', to: path };
      },
    }),
  ];
}
