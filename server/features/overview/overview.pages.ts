import type { TaskCreated } from '../../../shared/api/runs.ts';
import { type TaskInput, taskInput } from '../../../shared/api/tasks.ts';
import { MusterError } from '../../../shared/errors.ts';
import type { JoinLine } from '../../../shared/join-lines.ts';
import { allows } from '../../../shared/permissions.ts';
import type { Actor } from '../../platform/http/actor.ts';
import { type FormProblems, formBody, problemsOfError, signedIn, textOf, viewsOf } from '../../platform/web/form.ts';
import { ownUrl } from '../../platform/web/own-url.ts';
import { type AnyPage, type PageAnswer, type PageRequest, page } from '../../platform/web/page.ts';
import type { Origin } from '../auth/origin.ts';
import { mostFailures, type Overview } from './overview.service.ts';
import type { Welcome } from './welcome.service.ts';

export type OverviewPagesResources = {
  readonly read: () => Promise<Overview>;
  readonly welcome: Welcome;
  readonly createTask: (input: TaskInput, actor: Actor) => Promise<TaskCreated>;
  readonly createJoinToken: (
    input: { expiresInSeconds: number; maxUses: number; tags: string[] },
    actor: Actor,
    origin: Origin,
  ) => Promise<{ readonly token: string }>;
  /** what is to be run on a host, for this address of the server and this token */
  readonly joinLines: (serverUrl: string, token: string) => Promise<readonly JoinLine[]>;
  /** the address that agents should use; null: the one under which this page was asked for */
  readonly publicUrl: string | null;
};

type Request = PageRequest<unknown, unknown, unknown>;
type Shown = { readonly command: string; readonly problems: FormProblems | null; readonly joinLines: readonly JoinLine[] };

const view = viewsOf(import.meta.url);
const blank: Shown = { command: 'uptime', problems: null, joinLines: [] };

export function createOverviewPages(resources: OverviewPagesResources): AnyPage[] {
  async function show({ actor, headers }: Request, shown: Shown): Promise<PageAnswer> {
    const mayRun = actor !== undefined && allows(actor.role, 'tasks.run');
    const follows = headers['x-muster-fragment'] !== undefined;
    const [overview, welcome] = await Promise.all([resources.read(), mayRun ? resources.welcome.steps(follows) : null]);
    return {
      kind: 'view',
      view: view('overview'),
      title: 'Overview',
      section: 'overview',
      data: { ...overview, mostFailures, welcome, shown },
      // with what was typed wrongly it stands at an address that cannot be fetched again
      ...(shown.problems === null ? { topics: ['overview'] } : { status: 422 }),
    };
  }

  return [
    page({ method: 'GET', path: '/', permission: 'tasks.read', handler: (request) => show(request, blank) }),
    // the answer is the page itself: the token is shown this once, while the page goes on following its own address
    page({
      method: 'POST',
      path: '/',
      permission: 'join-tokens.manage',
      body: formBody,
      handler: async (request) => {
        const input = { expiresInSeconds: 86_400, maxUses: 1, tags: [] };
        const { token } = await resources.createJoinToken(input, signedIn(request), { address: request.address });
        const joinLines = await resources.joinLines(resources.publicUrl ?? ownUrl(request.headers), token);
        return show(request, { ...blank, joinLines });
      },
    }),
    page({
      method: 'POST',
      path: '/welcome/run',
      permission: 'tasks.run',
      body: formBody,
      handler: async (request) => {
        const command = textOf(request.body, 'command').trim();
        try {
          if (command === '') throw new MusterError('field_invalid', 'Type a command, such as uptime.', { field: 'command' });
          const input = taskInput.parse({ name: command.slice(0, 80), owner: 'ALL', plugin: 'shell', args: { command } });
          const { run } = await resources.createTask(input, signedIn(request));
          return { kind: 'redirect', to: run === null ? '/tasks' : `/runs/${run.id}` };
        } catch (error) {
          return show(request, { ...blank, command, problems: problemsOfError(error) });
        }
      },
    }),
    page({
      method: 'POST',
      path: '/welcome/dismiss',
      permission: 'tasks.run',
      body: formBody,
      handler: async (request) => {
        await resources.welcome.dismiss(signedIn(request));
        return { kind: 'redirect', to: '/' };
      },
    }),
  ];
}
