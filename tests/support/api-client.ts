import type { Agent } from '../../shared/api/agents.ts';
import type { Execution, ExecutionDetail } from '../../shared/api/executions.ts';
import type { Page } from '../../shared/api/listing.ts';
import type { PluginSummary } from '../../shared/api/plugins.ts';
import type { Run, TaskCreated } from '../../shared/api/runs.ts';
import type { TaskInput } from '../../shared/api/tasks.ts';

/** The API as a program uses it: with a token, over HTTP. */
export type ApiClient = {
  /** Any request; the answer whatever its status. A body that is not text or bytes is sent as JSON. */
  send(
    method: string,
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
    signal?: AbortSignal,
  ): Promise<ApiAnswer>;
  /** @throws unless the status is good */
  get<T>(path: string): Promise<T>;
  /** @throws unless the status is good */
  post<T>(path: string, body?: unknown): Promise<T>;
  createTask(task: TaskDraft, options?: { readonly wait?: number }): Promise<TaskCreated>;
  /** An Adhoc task and its run, which is final. */
  runTask(task: TaskDraft): Promise<Run>;
  /** The run once it is final; outlives restarts of the server. @throws when it is not final in time */
  finalRun(id: string, patienceSeconds?: number): Promise<Run>;
  /** all of them, oldest first */
  executionsOf(runId: string): Promise<Execution[]>;
  execution(id: string): Promise<ExecutionDetail>;
  log(executionId: string): Promise<string>;
  agents(): Promise<readonly Agent[]>;
  plugins(): Promise<readonly PluginSummary[]>;
};

/** As one would write it by hand: what has a default may be left out. */
export type TaskDraft = Pick<TaskInput, 'owner' | 'plugin'> & { readonly [Field in keyof TaskInput]?: unknown };

export type ApiAnswer = { readonly status: number; readonly headers: Headers; readonly text: string; readonly json: unknown };

export type ApiClientOptions = { readonly url: () => string; readonly token: () => string | undefined };

export function createApiClient({ url, token }: ApiClientOptions): ApiClient {
  async function send(
    method: string,
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
    signal?: AbortSignal,
  ) {
    const known = token();
    const isRaw = typeof body === 'string' || body instanceof Uint8Array;
    const response = await fetch(url() + path, {
      method,
      ...(signal === undefined ? {} : { signal }),
      headers: {
        ...(known === undefined ? {} : { authorization: `Bearer ${known}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: isRaw ? (body as string) : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') === true;
    return { status: response.status, headers: response.headers, text, json: isJson ? (JSON.parse(text) as unknown) : undefined };
  }

  async function good<T>(method: string, path: string, body?: unknown): Promise<T> {
    const { status, text, json } = await send(method, path, body);
    if (status >= 300) throw new Error(`${method} ${path} answered ${status}: ${text}`);
    return json as T;
  }

  const get = <T>(path: string) => good<T>('GET', path);

  async function all<T>(path: string): Promise<T[]> {
    const items: T[] = [];
    for (let after = ''; ; ) {
      const page: Page<T> = await get(`${path}?limit=500${after}`);
      items.push(...page.items);
      if (page.next === null) return items;
      after = `&after=${encodeURIComponent(page.next)}`;
    }
  }

  const createTask = (task: TaskDraft, { wait = 0 } = {}) => good<TaskCreated>('POST', `/api/v1/tasks?wait=${wait}`, task);

  async function finalRun(id: string, patienceSeconds = 15): Promise<Run> {
    const end = Date.now() + patienceSeconds * 1000;
    let run: Run | undefined;
    while (Date.now() < end) {
      const wait = Math.max(0.1, Math.min(5, (end - Date.now()) / 1000));
      run = await get<Run>(`/api/v1/runs/${id}?wait=${wait}`).catch(unlessUnreachable);
      if (run !== undefined && run.state !== 'active') return run;
    }
    throw new Error(`The run ${id} was not final after ${patienceSeconds} s: ${JSON.stringify(run?.counts)}`);
  }

  return {
    send,
    get,
    post: (path, body) => good('POST', path, body ?? {}),
    createTask,
    async runTask(task) {
      const { run } = await createTask(task, { wait: 20 });
      if (run === null) throw new Error('The task made no run.');
      return run.state === 'active' ? finalRun(run.id) : run;
    },
    finalRun,
    executionsOf: async (runId) => (await all<Execution>(`/api/v1/runs/${runId}/executions`)).reverse(),
    execution: (id) => get(`/api/v1/executions/${id}`),
    async log(id) {
      const { status, text } = await send('GET', `/api/v1/executions/${id}/log?limit=4194304`, undefined, {
        accept: 'text/plain',
      });
      if (status !== 200) throw new Error(`The log of ${id} answered ${status}: ${text}`);
      return text;
    },
    agents: () => all('/api/v1/agents'),
    plugins: async () => (await get<Page<PluginSummary>>('/api/v1/plugins')).items,
  };
}

/** While the server is away or stopping, there is no answer yet. */
function unlessUnreachable(error: unknown): undefined {
  if (error instanceof TypeError || (error instanceof Error && /answered 503/.test(error.message))) return undefined;
  throw error;
}
