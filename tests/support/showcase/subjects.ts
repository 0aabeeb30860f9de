import type { Showcase } from './showcase.ts';

/** Where it is shown, and the ids of what its pages are opened with. */
export type Shown = Omit<Showcase, 'system' | 'dispose'>;

/** A page with something on it. */
export type Subject = {
  /** of its picture: letters, digits and dashes */
  readonly name: string;
  /** the page as it is declared, such as `/runs/:id`; null: of the frame, such as the page of an error */
  readonly page: string | null;
  readonly url: string;
  readonly cookie: string | null;
  /** present when the page is complete, where its script has to fetch something first */
  readonly ready?: string;
  /** expected status of the answer; default 200 */
  readonly status?: number;
};

type Told = Omit<Subject, 'url' | 'cookie'> & { readonly path: string; readonly as?: 'nobody' | 'newcomer' };

/**
 * Every page to look at. One without parameters is there by being declared; one with parameters, or that is worth more than one look, is
 * told here.
 *
 * @param declared see `declaredPages`
 */
export function subjectsOf(showcase: Shown, declared: readonly string[]): Subject[] {
  const told = toldSubjects(showcase);
  const known = new Set(told.map(({ page }) => page));
  const plain = declared
    .filter((page) => !known.has(page) && !page.includes(':'))
    .map((page): Told => ({ name: nameOf(page), page, path: page }));
  return [...told, ...plain].map(({ path, as, ...subject }) => ({
    ...subject,
    url: (as === 'newcomer' ? showcase.fresh.url : showcase.url) + path,
    cookie: as === 'nobody' ? null : as === 'newcomer' ? showcase.fresh.cookie : showcase.cookie,
  }));
}

/** Declared pages with parameters that nobody told of. */
export const forgottenPages = (subjects: readonly Subject[], declared: readonly string[]): string[] => {
  const known = new Set(subjects.map(({ page }) => page));
  return declared.filter((page) => !known.has(page));
};

const nameOf = (page: string): string => page.slice(1).replaceAll('/', '-');

function toldSubjects(show: Shown): Told[] {
  const run = (id: string) => `/runs/${id}`;
  const execution = (id: string) => `/executions/${id}`;
  const agent = `/agents/${show.agentId}`;
  const task = `/tasks/${show.scheduledTask}`;
  const grid = '.grid-card.is-ready';
  return [
    { name: 'sign-in', page: '/sign-in', path: '/sign-in', as: 'nobody' },
    { name: 'welcome', page: '/', path: '/', as: 'newcomer' },
    { name: 'overview', page: '/', path: '/' },
    { name: 'agents', page: '/agents', path: '/agents?view=table' },
    { name: 'agents-cards', page: '/agents', path: '/agents?view=cards' },
    { name: 'agents-filtered', page: '/agents', path: '/agents?view=table&target=tag%3Adb%20%26%20fact%3Acpus%3E4' },
    { name: 'agent', page: '/agents/:id', path: agent },
    { name: 'agent-week', page: '/agents/:id', path: `${agent}?range=7d` },
    { name: 'agent-duplicated', page: '/agents/:id', path: `/agents/${show.duplicatedAgent}` },
    { name: 'agent-revoke', page: '/agents/:id/revoke', path: `${agent}/revoke` },
    { name: 'agent-remove', page: '/agents/:id/remove', path: `${agent}/remove` },
    { name: 'agent-updates', page: '/agents/updates', path: '/agents/updates' },
    { name: 'agent-updates-fresh', page: '/agents/updates', path: '/agents/updates', as: 'newcomer' },
    { name: 'agent-update', page: '/agents/updates/:id', path: `/agents/updates/${show.updateId}` },
    { name: 'agent-update-end', page: '/agents/updates/:id', path: `/agents/updates/${show.updateId}?end=1&state=waiting` },
    { name: 'tasks', page: '/tasks', path: '/tasks' },
    { name: 'task', page: '/tasks/:id', path: task },
    { name: 'task-new', page: '/tasks/new', path: '/tasks/new' },
    { name: 'task-new-form', page: '/tasks/new', path: '/tasks/new?plugin=deploy&action=main' },
    { name: 'task-edit', page: '/tasks/:id/edit', path: `${task}/edit` },
    { name: 'task-delete', page: '/tasks/:id/delete', path: `${task}/delete` },
    { name: 'runs', page: '/runs', path: '/runs' },
    { name: 'run', page: '/runs/:id', path: run(show.foldedRun), ready: grid },
    { name: 'run-active', page: '/runs/:id', path: run(show.activeRun), ready: grid },
    { name: 'run-small', page: '/runs/:id', path: run(show.deployRun), ready: grid },
    { name: 'executions', page: '/executions', path: '/executions' },
    { name: 'executions-failed', page: '/executions', path: '/executions?state=failed' },
    { name: 'execution', page: '/executions/:id', path: execution(show.deployExecution) },
    { name: 'execution-failed', page: '/executions/:id', path: execution(show.failedExecution) },
    { name: 'execution-running', page: '/executions/:id', path: execution(show.runningExecution) },
    { name: 'execution-waiting', page: '/executions/:id', path: execution(show.waitingExecution) },
    { name: 'plugin', page: '/plugins/:name', path: '/plugins/deploy' },
    { name: 'plugin-agents', page: '/plugins/:name/agents', path: '/plugins/deploy/agents' },
    { name: 'plugin-try', page: '/plugins/:name/try', path: `/plugins/deploy/try?execution=${show.deployExecution}` },
    { name: 'plugin-try-earlier', page: '/plugins/:name/try', path: '/plugins/deploy/try?version=1.0.0' },
    { name: 'plugin-new', page: '/new-plugin', path: '/new-plugin?name=backup' },
    { name: 'plugin-edit', page: '/plugins/:name/edit', path: '/plugins/deploy/edit' },
    { name: 'plugin-diff', page: '/plugins/:name/diff', path: '/plugins/deploy/diff' },
    { name: 'plugin-rollback', page: '/plugins/:name/rollback', path: '/plugins/deploy/rollback?version=1.0.0' },
    { name: 'plugin-delete', page: '/plugins/:name/delete', path: '/plugins/deploy/delete' },
    { name: 'search', page: '/search', path: '/search?q=web-01' },
    { name: 'not-found', page: null, path: '/runs/run_01m7yxvtzk26mzgx98g0hqmwgj0', status: 404 },
  ]; // biome-ignore format: a table
}
