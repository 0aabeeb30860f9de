import type { z } from 'zod';
import { type ErrorCode, type ErrorDetails, errorCatalogue, MusterError, type Problem } from '../shared/errors.ts';

/**
 * The REST API as a program sees it. Connections are kept for further requests. Every answer is checked against its schema, every refusal
 * becomes a `MusterError` with the server's code and sentence.
 *
 * A POST carries an Idempotency-Key of its own, so that one whose answer was lost on the way is sent again without happening twice.
 */
export type Client = {
  readonly server: string;
  get<T>(path: string, answer: z.ZodType<T>, query?: Query, signal?: AbortSignal): Promise<T>;
  post<T>(path: string, answer: z.ZodType<T>, body?: unknown, query?: Query): Promise<T>;
  /** @param ifMatch the ETag of what it replaces; null: there must be nothing to be replaced */
  put<T>(path: string, answer: z.ZodType<T>, body: unknown, ifMatch?: string | null): Promise<T>;
  patch<T>(path: string, answer: z.ZodType<T>, body: unknown): Promise<T>;
  delete(path: string): Promise<void>;
  /** The body as it comes, however long that takes. */
  download(path: string): Promise<ReadableStream<Uint8Array>>;
};

export type Query = Readonly<Record<string, string | number | undefined>>;

export type ClientOptions = {
  /** without a slash at its end */
  readonly server: string;
  readonly token: string | undefined;
  readonly newKey: () => string;
  /** between two tries of a POST whose answer was lost */
  readonly pause: (ms: number) => Promise<void>;
};

/** No request waits longer than this for an answer; the longest that the CLI asks the server to wait is 30 s. */
const patienceMs = 90_000;
const retryPausesMs = [200, 1000, 3000];

export function createClient(options: ClientOptions): Client {
  const { server } = options;

  async function call<T>(method: string, path: string, answer: z.ZodType<T> | null, request: Request): Promise<T> {
    const url = `${server}${path}${queryText(request.query)}`;
    const key = method === 'POST' ? options.newKey() : undefined;
    for (const pause of [...retryPausesMs, undefined]) {
      try {
        return await read(await send(method, url, key, request), method, url, answer);
      } catch (error) {
        const again = key !== undefined && error instanceof AnswerLost && pause !== undefined;
        if (!again) throw error instanceof AnswerLost ? unreachable(server, error.cause) : error;
        await options.pause(pause);
      }
    }
    throw new Error('unreachable: the last try returns or throws');
  }

  async function send(
    method: string,
    url: string,
    key: string | undefined,
    { body, signal, ifMatch }: Request,
  ): Promise<Response> {
    const headers: Record<string, string> = { accept: 'application/json' };
    if (options.token !== undefined) headers.authorization = `Bearer ${options.token}`;
    if (key !== undefined) headers['idempotency-key'] = key;
    if (body !== undefined) headers['content-type'] = 'application/json';
    if (ifMatch === null) headers['if-none-match'] = '*';
    else if (ifMatch !== undefined) headers['if-match'] = ifMatch;
    const limit = AbortSignal.timeout(patienceMs);
    try {
      return await fetch(url, {
        method,
        headers,
        // a redirect could take the token to another server
        redirect: 'manual',
        signal: signal === undefined ? limit : AbortSignal.any([limit, signal]),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    } catch (error) {
      if (signal?.aborted) throw error;
      throw neverArrived(error) ? unreachable(server, error) : new AnswerLost(error);
    }
  }

  async function read<T>(response: Response, method: string, url: string, answer: z.ZodType<T> | null): Promise<T> {
    let text: string;
    try {
      text = await response.text();
    } catch (error) {
      throw new AnswerLost(error);
    }
    if (!response.ok) throw refusalOf(server, response, text);
    if (answer === null) return undefined as T;
    const value = parsed(text);
    const result = answer.safeParse(value);
    if (result.success) return result.data;
    const issue = result.error.issues[0];
    throw new MusterError(
      'protocol_unsupported',
      `${method} ${url} was answered with something else than this version of the command expects` +
        `${issue === undefined ? '' : ` (${issue.path.join('.') || 'the whole'}: ${issue.message})`}. ` +
        'Is it a Muster server, and of the same version? `muster doctor` tells.',
    );
  }

  async function download(path: string): Promise<ReadableStream<Uint8Array>> {
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(), patienceMs);
    let response: Response;
    try {
      const headers: Record<string, string> = options.token === undefined ? {} : { authorization: `Bearer ${options.token}` };
      response = await fetch(`${server}${path}`, { headers, redirect: 'manual', signal: patience.signal });
    } catch (error) {
      throw unreachable(server, error);
    } finally {
      clearTimeout(timer);
    }
    if (!response.ok || response.body === null) throw refusalOf(server, response, await response.text());
    return response.body;
  }

  return {
    server,
    get: (path, answer, query, signal) => call('GET', path, answer, { query, signal }),
    post: (path, answer, body, query) => call('POST', path, answer, { body, query }),
    put: (path, answer, body, ifMatch) => call('PUT', path, answer, { body, ifMatch }),
    patch: (path, answer, body) => call('PATCH', path, answer, { body }),
    delete: (path) => call<void>('DELETE', path, null, {}),
    download,
  };
}

type Request = {
  readonly query?: Query | undefined;
  readonly body?: unknown;
  readonly ifMatch?: string | null | undefined;
  readonly signal?: AbortSignal | undefined;
};

/** The request may have arrived; what became of it is not known. */
class AnswerLost extends Error {
  constructor(cause: unknown) {
    super('the answer was lost', { cause });
  }
}

export const unreachable = (server: string, cause: unknown): MusterError =>
  new MusterError(
    'server_unreachable',
    `There is no answer from ${server} (${whyOf(cause)}). Start the server with \`npm start\` or \`npx muster server\`, ` +
      'or name another one with --server or MUSTER_SERVER.',
    { cause },
  );

function whyOf(error: unknown): string {
  const { name, message, cause } = error as Error;
  if (name === 'TimeoutError') return `none within ${patienceMs / 1000} s`;
  const inner = cause as NodeJS.ErrnoException | undefined;
  return inner?.message || inner?.code || message;
}

/** Whether it is certain that the server never saw the request. */
function neverArrived(error: unknown): boolean {
  const code = ((error as Error).cause as NodeJS.ErrnoException | undefined)?.code ?? '';
  return ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT'].includes(code);
}

function refusalOf(server: string, response: Response, text: string): MusterError {
  const problem = parsed(text) as Partial<Problem> | undefined;
  if (typeof problem?.code !== 'string' || typeof problem.detail !== 'string') {
    const { status } = response;
    return new MusterError(
      'server_unreachable',
      `${server} answered ${status}, but not as a Muster server does. Check the address (--server or MUSTER_SERVER).`,
    );
  }
  const code: ErrorCode = Object.hasOwn(errorCatalogue, problem.code) ? problem.code : 'internal';
  const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN);
  const details: ErrorDetails = {
    ...(problem.field === undefined ? {} : { field: problem.field }),
    ...(problem.column === undefined ? {} : { column: problem.column }),
    ...(problem.issues === undefined ? {} : { issues: problem.issues }),
    ...(Number.isFinite(retryAfter) ? { retryAfterSeconds: retryAfter } : {}),
  };
  return new MusterError(code, problem.detail, details);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function queryText(query: Query | undefined): string {
  const given = Object.entries(query ?? {}).flatMap(([key, value]): [string, string][] =>
    value === undefined ? [] : [[key, String(value)]],
  );
  return given.length === 0 ? '' : `?${new URLSearchParams(given)}`;
}
