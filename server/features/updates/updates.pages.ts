import { z } from 'zod';
import type { Page as ListPage } from '../../../shared/api/listing.ts';
import type { AgentUpdate, AgentVersions, NewUpdate, updateQuery } from '../../../shared/api/updates.ts';
import type { Actor } from '../../platform/http/actor.ts';
import { type Form, type FormProblems, formBody, problemsOfError, signedIn, textOf, viewsOf } from '../../platform/web/form.ts';
import { type AnyPage, type PageAnswer, page } from '../../platform/web/page.ts';
import { pagerOf, pagingQuery } from '../../platform/web/paging.ts';
import { blankUpdate, firstFields, furtherFields, readUpdate } from './update-form.ts';
import type { UpdatePreview } from './update-preview.ts';
import { overIn } from './wave-rows.ts';

type Origin = { readonly address: string | null };

export type UpdatesPagesResources = {
  readonly list: (query: z.infer<typeof updateQuery>) => Promise<ListPage<AgentUpdate>>;
  readonly versions: () => Promise<AgentVersions>;
  /** hosts that run another executable than is offered */
  readonly outdated: () => Promise<number>;
  /** @throws MusterError as `create` does */
  readonly preview: (input: NewUpdate) => Promise<UpdatePreview>;
  readonly create: (input: NewUpdate, actor: Actor, origin: Origin) => Promise<AgentUpdate>;
};

type Shown = { readonly form: Form; readonly problems: FormProblems | null; readonly preview: UpdatePreview | null };

const view = viewsOf(import.meta.url);
const path = '/agents/updates';
/** To plan for a larger fleet takes the server more than a page may that refreshes itself: there the waves are shown when asked for. */
const plannedUnasked = 500;

/** Which executables the fleet runs, the updates so far, and the form of a new one with the waves that it would have. */
export function createUpdatesPages(resources: UpdatesPagesResources): AnyPage[] {
  async function show(after: string | undefined, { form, problems, preview }: Shown): Promise<PageAnswer> {
    const [updates, { offered, versions }, outdated] = await Promise.all([
      resources.list({ limit: 20, after }),
      resources.versions(),
      resources.outdated(),
    ]);
    const hosts = versions.reduce((sum, { count }) => sum + count, 0);
    const isFirstLook = preview === null && problems === null && offered !== null;
    return {
      kind: 'view',
      view: view('updates'),
      title: 'Agent updates',
      section: 'agents',
      data: {
        offered,
        versions,
        hosts,
        outdated,
        updates: updates.items,
        overIn,
        pager: pagerOf(path, { after }, updates.next),
        firstFields,
        furtherFields,
        furtherIsOpen: furtherFields.some(({ key }) => form[key] !== blankUpdate()[key] || problems?.fields[key] !== undefined),
        values: form,
        problems,
        preview: isFirstLook && hosts <= plannedUnasked ? await firstPreview() : preview,
      },
      topics: ['updates', 'agents'],
      ...(problems === null ? {} : { status: 422 }),
    };
  }

  /** What the defaults would do; nothing is offered, or nobody is there: there is nothing to tell. */
  async function firstPreview(): Promise<UpdatePreview | null> {
    try {
      const read = readUpdate(blankUpdate());
      return 'input' in read ? await resources.preview(read.input) : null;
    } catch (error) {
      problemsOfError(error);
      return null;
    }
  }

  return [
    page({
      method: 'GET',
      path,
      permission: 'agents.read',
      query: z.object(pagingQuery),
      handler: ({ query: { after } }) => show(after, { form: blankUpdate(), problems: null, preview: null }),
    }),
    page({
      method: 'POST',
      path,
      permission: 'agents.write',
      body: formBody,
      handler: async (request) => {
        const form = request.body;
        const read = readUpdate(form);
        if ('problems' in read) return show(undefined, { form, problems: read.problems, preview: null });
        try {
          // the first button of the form, which Enter presses too, only looks
          if (textOf(form, 'do') !== 'begin') {
            return await show(undefined, { form, problems: null, preview: await resources.preview(read.input) });
          }
          const { id } = await resources.create(read.input, signedIn(request), { address: request.address });
          return { kind: 'redirect', to: `${path}/${id}` };
        } catch (error) {
          return show(undefined, { form, problems: problemsOfError(error), preview: null });
        }
      },
    }),
  ];
}
