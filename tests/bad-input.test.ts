import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { TaskCreated } from '../shared/api/runs.ts';
import { type ErrorCode, errorCatalogue, type Problem } from '../shared/errors.ts';
import { createAgentKeys } from './support/agent-client.ts';
import { type ServerInProcess, startServerInProcess } from './support/server-in-process.ts';

type Bad = {
  readonly what: string;
  readonly method?: string;
  readonly path?: string;
  /** text or bytes are sent as they are, all else as JSON */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly code: ErrorCode;
  readonly field?: string;
  readonly column?: number;
};

const task = { owner: 'ALL', plugin: 'strict', args: { count: 1 } };
const good = JSON.stringify(task);
const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;
const withArgs = (args: string): string => `{"owner":"ALL","plugin":"strict","args":${args}}`;
const oneFile = (name: string) => ({ file: { name, base64: Buffer.from('export const main = () => 1;\n').toString('base64') } });
const manifest = (name: string, entry = 'index.js') =>
  Buffer.from(JSON.stringify({ name, version: '1.0.0', runtime: 'node', entry, actions: { main: {} } })).toString('base64');

/** Of `POST /api/v1/tasks`, unless they say otherwise. */
const table: readonly Bad[] = [
  // the body as a whole
  { what: 'no body', code: 'field_missing', field: 'owner' },
  { what: 'malformed JSON', body: '{"owner":"ALL",}', code: 'body_malformed', column: 16 },
  { what: 'JSON that ends early', body: '{"owner":', code: 'body_malformed', column: 10 },
  { what: 'two JSON values', body: `${good}${good}`, code: 'body_malformed', column: good.length + 1 },
  { what: 'a list', body: '[]', code: 'field_invalid' },
  { what: 'null', body: 'null', code: 'field_invalid' },
  { what: 'text', body: '"ALL"', code: 'field_invalid' },
  { what: 'bytes that are not UTF-8', body: Uint8Array.from([...Buffer.from('{"owner":"'), 0xff, 0xfe, ...Buffer.from('"}')]), code: 'body_not_utf8' },
  { what: 'a body beyond the limit of the settings', body: withArgs(`{"count":1,"text":"${'x'.repeat(100_000)}"}`), code: 'body_too_large' },
  { what: 'an announced body of a terabyte', body: '{}', headers: { 'content-length': '1000000000000' }, code: 'body_too_large' },
  { what: 'nesting of 10,000 levels', body: withArgs(nested(10_000)), code: 'body_malformed' },
  { what: 'another content type', body: good, headers: { 'content-type': 'text/plain' }, code: 'body_media_type' },
  { what: 'a form', body: 'owner=ALL', headers: { 'content-type': 'application/x-www-form-urlencoded' }, code: 'body_media_type' },
  { what: 'another charset', body: good, headers: { 'content-type': 'application/json; charset=latin1' }, code: 'body_media_type' },
  { what: 'a compressed body', body: good, headers: { 'content-encoding': 'gzip' }, code: 'body_media_type' },
  // its fields
  { what: 'a missing owner', body: { plugin: 'strict' }, code: 'field_missing', field: 'owner' },
  { what: 'a missing plugin', body: { owner: 'ALL' }, code: 'field_missing', field: 'plugin' },
  { what: 'a number for text', body: { ...task, owner: 7 }, code: 'field_invalid', field: 'owner' },
  { what: 'text for a number', body: { ...task, timeoutSeconds: 'soon' }, code: 'field_invalid', field: 'timeoutSeconds' },
  { what: 'a number that is none', body: '{"owner":"ALL","plugin":"strict","timeoutSeconds":NaN}', code: 'body_malformed' },
  { what: 'a number out of range', body: { ...task, timeoutSeconds: 1e300 }, code: 'field_invalid', field: 'timeoutSeconds' },
  { what: 'an unknown field', body: { ...task, priority: 1 }, code: 'field_unknown', field: 'priority' },
  { what: 'an unknown field deeper down', body: { ...task, retries: { times: 1 } }, code: 'field_unknown', field: 'retries.times' },
  { what: 'an unknown type', body: { ...task, type: 'Sometimes' }, code: 'field_invalid', field: 'type' },
  { what: 'a name that is too long', body: { ...task, name: 'x'.repeat(201) }, code: 'field_invalid', field: 'name' },
  { what: 'an owner that is too long', body: { ...task, owner: 'x'.repeat(2001) }, code: 'field_invalid', field: 'owner' },
  { what: 'a variable with an equals sign', body: { ...task, env: { 'A=B': '1' } }, code: 'field_invalid', field: 'env.A=B' },
  { what: 'a variable with NUL', body: { ...task, env: { A: '1\0' } }, code: 'field_invalid', field: 'env.A' },
  { what: 'a duration that is none', body: { ...task, expiresAfter: 'a while' }, code: 'field_invalid', field: 'expiresAfter' },
  { what: '__proto__', body: '{"owner":"ALL","plugin":"strict","__proto__":{"type":"Interval"}}', code: 'field_unknown', field: '__proto__' },
  { what: 'constructor', body: '{"owner":"ALL","plugin":"strict","constructor":{"prototype":{"x":1}}}', code: 'field_unknown', field: 'constructor' },
  { what: 'a duplicate key, of which the last counts', body: '{"owner":"ALL","plugin":"strict","owner":7}', code: 'field_invalid', field: 'owner' },
  // what they mean
  { what: 'an unknown plugin', body: { ...task, plugin: 'nope' }, code: 'plugin_unknown', field: 'plugin' },
  { what: 'a plugin named as a path', body: { ...task, plugin: '../strict' }, code: 'field_invalid', field: 'plugin' },
  { what: 'a plugin named after a property', body: { ...task, plugin: '__proto__' }, code: 'field_invalid', field: 'plugin' },
  { what: 'an unknown action', body: { ...task, action: 'nope' }, code: 'action_unknown', field: 'action' },
  { what: 'an action named after a property', body: { ...task, action: 'constructor' }, code: 'action_unknown', field: 'action' },
  { what: 'an unknown owner', body: { ...task, owner: 'nobody' }, code: 'owner_unknown', field: 'owner' },
  { what: 'an owner with a syntax error', body: { ...task, owner: 'tag:web & (os:linux' }, code: 'owner_syntax', field: 'owner', column: 20 },
  { what: 'an argument of the wrong type', body: { ...task, args: { count: 'one' } }, code: 'args_invalid', field: 'args.count' },
  { what: 'a missing argument', body: { ...task, args: {} }, code: 'args_invalid', field: 'args.count' },
  { what: 'an unknown argument', body: { ...task, args: { count: 1, more: 2 } }, code: 'args_invalid', field: 'args.more' },
  { what: 'arguments by position', body: { ...task, args: [1] }, code: 'args_invalid', field: 'args' },
  { what: '__proto__ among the arguments', body: withArgs('{"count":1,"__proto__":{"x":1}}'), code: 'field_unknown', field: 'args.__proto__' },
  { what: 'a cron that is none', body: { ...task, type: 'Scheduled', cron: '61 * * * *' }, code: 'schedule_invalid', field: 'cron' },
  { what: 'no cron', body: { ...task, type: 'Scheduled' }, code: 'field_missing', field: 'cron' },
  { what: 'a time zone that is none', body: { ...task, type: 'Scheduled', cron: '@daily', timeZone: 'Mars/Olympus' }, code: 'schedule_invalid', field: 'timeZone' },
  { what: 'no interval', body: { ...task, type: 'Interval' }, code: 'field_missing', field: 'everySeconds' },
  // paths, queries, headers
  { what: 'a wait that is too long', path: '/api/v1/tasks?wait=301', body: task, code: 'field_invalid', field: 'wait' },
  { what: 'a query given twice', path: '/api/v1/tasks?wait=1&wait=2', body: task, code: 'field_invalid', field: 'wait' },
  { what: 'an unknown query', path: '/api/v1/tasks?sync=1', body: task, code: 'field_unknown', field: 'sync' },
  { what: 'a bad cursor', method: 'GET', path: '/api/v1/tasks?after=7', code: 'cursor_invalid', field: 'after' },
  { what: 'a cursor of another list', method: 'GET', path: '/api/v1/tasks?after=run_01m7xwzk25cm901vvrn9czf02v', code: 'cursor_invalid', field: 'after' },
  { what: 'a limit of none', method: 'GET', path: '/api/v1/runs?limit=0', code: 'field_invalid', field: 'limit' },
  { what: 'a limit that is text', method: 'GET', path: '/api/v1/runs?limit=all', code: 'field_invalid', field: 'limit' },
  { what: 'an unknown filter', method: 'GET', path: '/api/v1/executions?state=happy', code: 'field_invalid', field: 'state' },
  { what: 'a change without If-Match', method: 'PUT', path: '/api/v1/tasks/TASK', body: task, code: 'precondition_required', field: 'If-Match' },
  { what: 'a change with an If-Match that is none', method: 'PUT', path: '/api/v1/tasks/TASK', body: task, headers: { 'if-match': 'one' }, code: 'field_invalid', field: 'If-Match' },
  { what: 'a change of an old version', method: 'PUT', path: '/api/v1/tasks/TASK', body: task, headers: { 'if-match': '"7"' }, code: 'version_conflict', field: 'If-Match' },
  { what: 'a task that is not there', method: 'GET', path: '/api/v1/tasks/tsk_none', code: 'not_found', field: 'id' },
  { what: 'an execution that is not there', method: 'GET', path: '/api/v1/executions/exe_none/log', code: 'not_found', field: 'id' },
  { what: 'an id that is a wall of text', method: 'GET', path: `/api/v1/runs/${'x'.repeat(3000)}`, code: 'field_invalid', field: 'id' },
  { what: 'a path that cannot be decoded', method: 'GET', path: '/api/v1/runs/%E0%A4%A', code: 'not_found' },
  { what: 'nothing at all', method: 'GET', path: '/api/v1/nothing', code: 'not_found' },
  { what: 'a method that is not possible', method: 'DELETE', path: '/api/v1/tasks', code: 'method_not_allowed' },
  { what: 'an Idempotency-Key with a space', body: task, headers: { 'idempotency-key': 'a b' }, code: 'field_invalid', field: 'Idempotency-Key' },
  // plugins
  { what: 'a plugin pushed to a path', method: 'PUT', path: '/api/v1/plugins/..%2F..%2Fetc', body: oneFile('etc.js'), code: 'field_invalid', field: 'name' },
  { what: 'a plugin read from a path', method: 'GET', path: '/api/v1/plugins/..%2F..%2Fetc%2Fpasswd', code: 'not_found' },
  { what: 'a plugin named with dots alone', method: 'GET', path: '/api/v1/plugins/..', code: 'not_found' },
  { what: 'a pushed file of another name', method: 'PUT', path: '/api/v1/plugins/mine', body: oneFile('yours.js'), code: 'plugin_invalid', field: 'file' },
  { what: 'a pushed file in a path', method: 'PUT', path: '/api/v1/plugins/mine', body: oneFile('../mine.js'), code: 'plugin_invalid', field: 'file' },
  { what: 'a pushed file that climbs', method: 'PUT', path: '/api/v1/plugins/mine', body: { files: [{ path: 'plugin.json', base64: manifest('mine') }, { path: '../../index.js', base64: 'eA==' }] }, code: 'field_invalid', field: 'files.1.path' },
  { what: 'an entry that is not there', method: 'PUT', path: '/api/v1/plugins/mine', body: { files: [{ path: 'plugin.json', base64: manifest('mine') }] }, code: 'plugin_invalid', field: 'files' },
  { what: 'a plugin of another name', method: 'PUT', path: '/api/v1/plugins/mine', body: { files: [{ path: 'plugin.json', base64: manifest('yours') }] }, code: 'plugin_invalid', field: 'name' },
  { what: 'a bundle that is no base64', method: 'PUT', path: '/api/v1/plugins/mine', body: { file: { name: 'mine.js', base64: '***' } }, code: 'field_invalid', field: 'file.base64' },
  // agents and access
  { what: 'a join token that is none', method: 'POST', path: '/agent/v1/enrol', body: { joinToken: 'mjt_no', name: 'a', publicKey: createAgentKeys().publicKey, nonce: 'eHh4eHh4eHh4eHh4eHh4eHh4eHh4eA==' }, code: 'join_token_invalid', field: 'joinToken' },
  { what: 'an agent named as a path', method: 'PATCH', path: '/api/v1/agents/agt_none', body: { name: '../etc' }, code: 'field_invalid', field: 'name' },
  { what: 'a password that is short', method: 'POST', path: '/api/v1/users', body: { name: 'eve', role: 'admin', password: 'short' }, code: 'field_invalid', field: 'password' },
  { what: 'a role that is none', method: 'POST', path: '/api/v1/tokens', body: { name: 'ci', role: 'root' }, code: 'field_invalid', field: 'role' },
]; // biome-ignore format: a table

const strictManifest = {
  name: 'strict',
  version: '1.0.0',
  runtime: 'node',
  entry: 'index.js',
  actions: {
    main: {
      args: {
        type: 'object',
        properties: { count: { type: 'integer' } },
        required: ['count'],
        additionalProperties: false,
      },
    },
  },
};

let server: ServerInProcess;
let token = '';
let taskId = '';

beforeAll(async () => {
  server = await startServerInProcess(
    { 'strict/index.js': 'export const main = () => null;\n', 'strict/plugin.json': JSON.stringify(strictManifest) },
    { MUSTER_BODY_LIMIT_BYTES: '100000' },
  );
  token = (await server.api.post<{ token: string }>('/api/v1/tokens', { name: 'test', role: 'admin' })).token;
  taskId = (await server.api.createTask(task as Parameters<typeof server.api.createTask>[0])).task.id;
});
afterAll(() => server?.stop());

describe('bad input', () => {
  it.each(table)('$what', async ({ method = 'POST', path = '/api/v1/tasks', body, headers = {}, code, field, column }) => {
    const answer = await send(method, path.replace('TASK', taskId), body, headers);
    const problem = JSON.parse(answer.text) as Problem;
    expect(answer.type).toBe('application/problem+json');
    expect({ status: answer.status, code: problem.code, field: problem.field }).toEqual({
      status: errorCatalogue[code].status,
      code,
      field,
    });
    if (column !== undefined) expect(problem.column).toBe(column);
    expect(problem.detail).toMatch(/\w.*[.?)]$/s);
  });

  it('changed nothing, broke nothing, and the server goes on answering', async () => {
    expect(server.errors).toEqual([]);
    expect((await server.api.get<{ items: unknown[] }>('/api/v1/tasks')).items).toHaveLength(1);
    expect(await server.api.plugins()).toHaveLength(1);
    expect(({} as { type?: string; x?: number }).type).toBeUndefined();
    const created = (await server.api.send('POST', '/api/v1/tasks', task)).json as TaskCreated;
    expect(created.run?.total).toBe(1);
  });
});

/** `fetch` mends paths and headers on the way; here they go out as they are written. */
async function send(
  method: string,
  path: string,
  body: unknown,
  headers: Readonly<Record<string, string>>,
): Promise<{ status: number; type: string | undefined; text: string }> {
  const bytes =
    body === undefined
      ? undefined
      : Buffer.from(typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body));
  const { hostname, port } = new URL(server.url);
  const sent = request({
    hostname,
    port,
    method,
    path,
    agent: false,
    headers: {
      authorization: `Bearer ${token}`,
      ...(bytes === undefined ? {} : { 'content-type': 'application/json', 'content-length': bytes.length }),
      ...headers,
    },
  });
  // the server answers before it has read all of it
  sent.on('error', () => {});
  if (bytes !== undefined) sent.write(bytes);
  if (Number(headers['content-length'] ?? 0) === 0) sent.end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += chunk;
  sent.destroy();
  return { status: response.statusCode ?? 0, type: response.headers['content-type'], text };
}
