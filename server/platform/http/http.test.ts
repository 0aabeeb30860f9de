import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { MusterError } from '../../../shared/errors.ts';
import { json } from '../../../shared/json.ts';
import { startTestHttp, type TestHttp } from '../../../tests/support/http.ts';
import { route } from './route.ts';

const input = z.strictObject({
  owner: z.string().min(1),
  count: z.int().min(1).default(1),
  args: json.default({}),
  retries: z.strictObject({ count: z.int().max(3) }).optional(),
});
const output = z.object({ id: z.string(), owner: z.string(), count: z.int(), args: json, by: z.string() });

let failWith: unknown;
let http: TestHttp;
beforeAll(async () => {
  http = await startTestHttp({
    routes: [
      route({
        method: 'POST',
        path: '/api/v1/things',
        aliases: ['/things'],
        permission: 'tasks.write',
        summary: 'Make a thing',
        tag: 'things',
        body: input,
        responses: { 201: output },
        bodyLimit: 4096,
        handler: async ({ body, actor }) => ({
          status: 201,
          body: { id: 'x', owner: body.owner, count: body.count, args: body.args, by: actor?.name },
        }),
      }),
      route({
        method: 'GET',
        path: '/api/v1/things',
        permission: 'tasks.read',
        summary: 'List things',
        tag: 'things',
        query: z.strictObject({ limit: z.coerce.number().int().min(1).default(50), after: z.string().optional() }),
        responses: { 200: z.object({ limit: z.int() }) },
        handler: async ({ query }) => ({ status: 200, body: { limit: query.limit } }),
      }),
      route({
        method: 'GET',
        path: '/api/v1/things/:id',
        permission: 'tasks.read',
        summary: 'Get a thing',
        tag: 'things',
        params: z.strictObject({ id: z.string() }),
        responses: { 200: z.object({ id: z.string() }) },
        handler: async ({ params }) => ({ status: 200, body: { id: params.id }, headers: { etag: '"1"' } }),
      }),
      route({
        method: 'DELETE',
        path: '/api/v1/things/:id',
        permission: 'tasks.write',
        summary: 'Delete a thing',
        tag: 'things',
        params: z.strictObject({ id: z.string() }),
        responses: { 204: null },
        handler: async () => ({ status: 204 }),
      }),
      route({
        method: 'POST',
        path: '/api/v1/failures',
        permission: 'open',
        summary: 'Fail',
        tag: 'things',
        responses: { 200: z.object({ told: z.string() }) },
        async handler() {
          if (failWith === 'lie') return { status: 200, body: { told: 'a', secret: 'b' } };
          throw failWith;
        },
      }),
    ],
  });
});
afterAll(() => http.stop());

const problem = async (response: Response): Promise<Record<string, unknown>> => {
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  return { ...((await response.json()) as Record<string, unknown>), httpStatus: response.status };
};

describe('a declared route', () => {
  test('answers with what its handler made of the checked body, defaults filled in', async () => {
    const response = await http.call('POST', '/api/v1/things', {
      as: 'author',
      body: { owner: 'ALL', args: ['a', { b: null }] },
    });
    expect(response.status).toBe(201);
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(await response.json()).toEqual({ id: 'x', owner: 'ALL', count: 1, args: ['a', { b: null }], by: 'author' });
  });

  test('answers at its alias too', async () => {
    expect((await http.call('POST', '/things', { as: 'author', body: { owner: 'ALL' } })).status).toBe(201);
  });

  test('answers a HEAD like its GET, without the body', async () => {
    const response = await http.call('HEAD', '/api/v1/things/a%2Fb', { as: 'viewer' });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-length')).toBe(String('{"id":"a/b"}'.length));
    expect(response.headers.get('etag')).toBe('"1"');
    expect(await response.text()).toBe('');
  });

  test('may answer without a body', async () => {
    const response = await http.call('DELETE', '/api/v1/things/a', { as: 'author' });
    expect(response.status).toBe(204);
    expect(await response.text()).toBe('');
  });

  test('carries the security headers and a request id, and keeps an id that was given', async () => {
    const { headers } = await http.call('GET', '/api/v1/things', { as: 'viewer' });
    expect(headers.get('content-security-policy')).toContain("default-src 'self'");
    expect(headers.get('content-security-policy')).not.toContain('unsafe');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-powered-by')).toBeNull();
    expect(headers.get('x-request-id')).toMatch(/^req_[0-9a-f]{10}-?_?[0-9a-z]+$/);
    const given = await http.call('GET', '/api/v1/things', { as: 'viewer', headers: { 'x-request-id': 'abc-1' } });
    expect(given.headers.get('x-request-id')).toBe('abc-1');
  });
});

describe('permission', () => {
  test('nobody known gets 401 and is told how to come back', async () => {
    const response = await http.call('POST', '/api/v1/things', { body: 'not even JSON' });
    expect(response.headers.get('www-authenticate')).toBe('Bearer realm="muster"');
    expect(await problem(response)).toMatchObject({ httpStatus: 401, code: 'unauthenticated' });
  });

  test('a role without the permission gets 403, whatever it sent', async () => {
    expect(await problem(await http.call('POST', '/api/v1/things', { as: 'viewer', body: { bad: 1 } }))).toMatchObject({
      httpStatus: 403,
      code: 'forbidden',
      detail: expect.stringContaining('tasks.write'),
    });
  });

  test('a session changes things only with its CSRF token, and reads without', async () => {
    const cookie = 'muster_session=author';
    expect((await http.call('GET', '/api/v1/things', { headers: { cookie } })).status).toBe(200);
    expect(
      await problem(await http.call('POST', '/api/v1/things', { body: { owner: 'ALL' }, headers: { cookie } })),
    ).toMatchObject({ code: 'csrf_failed' });
    const wrong = { cookie, 'x-csrf-token': 'csrf-of-viewer' };
    expect((await http.call('POST', '/api/v1/things', { body: { owner: 'ALL' }, headers: wrong })).status).toBe(403);
    const right = { cookie, 'x-csrf-token': 'csrf-of-author' };
    expect((await http.call('POST', '/api/v1/things', { body: { owner: 'ALL' }, headers: right })).status).toBe(201);
  });
});

describe('a request that does not fit', () => {
  const post = async (body: unknown) => problem(await http.call('POST', '/api/v1/things', { as: 'author', body }));

  test('a missing field is named, with what is expected of it', async () => {
    expect(await post({})).toMatchObject({
      httpStatus: 422,
      code: 'field_missing',
      field: 'owner',
      detail: 'owner: The field is missing. Expected text.',
    });
  });

  test('an unknown field is named, with those that are known', async () => {
    expect(await post({ owner: 'ALL', retries: { count: 1, delay: 2 } })).toMatchObject({
      code: 'field_unknown',
      field: 'retries.delay',
      detail: 'retries.delay: The field is not known. Known here: count.',
    });
  });

  test('an invalid field is named, and every other one too', async () => {
    expect(await post({ owner: '', count: 1.5, retries: { count: 9 }, x: 1 })).toMatchObject({
      code: 'field_invalid',
      field: 'owner',
      issues: [
        { field: 'owner', message: 'Expected at least 1 characters.' },
        { field: 'count', message: 'Expected a whole number.' },
        { field: 'retries.count', message: 'Expected at most 3.' },
        { field: 'x', message: 'The field is not known. Known here: owner, count, args, retries.' },
      ],
    });
  });

  test('a body that is no object says so', async () => {
    expect(await post([1])).toMatchObject({ code: 'field_invalid', detail: 'the body: Expected an object.' });
  });

  test('query keys are checked alike, and one that is given twice is refused', async () => {
    const get = async (query: string) => problem(await http.call('GET', `/api/v1/things?${query}`, { as: 'viewer' }));
    expect(await get('limit=0')).toMatchObject({ httpStatus: 422, code: 'field_invalid', field: 'limit' });
    expect(await get('colour=red')).toMatchObject({ code: 'field_unknown', field: 'colour' });
    expect(await get('after=a&after=b')).toMatchObject({ code: 'field_invalid', field: 'after' });
    expect(await get('__proto__=a')).toMatchObject({ code: 'field_unknown', field: '__proto__' });
    expect((await http.call('GET', '/api/v1/things?limit=7', { as: 'viewer' })).status).toBe(200);
  });

  test('a route without a body takes none or an empty object, and refuses fields', async () => {
    expect((await http.call('DELETE', '/api/v1/things/a', { as: 'author', body: {} })).status).toBe(204);
    expect(await problem(await http.call('DELETE', '/api/v1/things/a', { as: 'author', body: { force: true } }))).toMatchObject({
      code: 'field_unknown',
    });
  });
});

describe('a body that cannot be read', () => {
  const send = async (body: string | Uint8Array, type = 'application/json', more = {}) =>
    http.call('POST', '/api/v1/things', { as: 'author', body, headers: { 'content-type': type, ...more } });

  test('malformed JSON is refused with the place, and is not quoted', async () => {
    expect(await problem(await send('{\n  "owner": secret\n}'))).toMatchObject({
      httpStatus: 400,
      code: 'body_malformed',
      column: 12,
      detail: 'The body is not valid JSON: at line 2, column 12, a value is expected.',
    });
  });

  test('bytes that are not UTF-8 are refused', async () => {
    expect(await problem(await send(Uint8Array.of(0x22, 0xff, 0x22)))).toMatchObject({ httpStatus: 400, code: 'body_not_utf8' });
  });

  test('a byte order mark does no harm', async () => {
    expect((await send('\uFEFF{"owner":"ALL"}')).status).toBe(201);
  });

  test('another media type, charset or encoding is refused', async () => {
    expect(await problem(await send('owner=ALL', 'application/x-www-form-urlencoded'))).toMatchObject({
      httpStatus: 415,
      code: 'body_media_type',
    });
    expect((await send('{}', 'application/json; charset=latin1')).status).toBe(415);
    expect((await send('{}', 'application/json', { 'content-encoding': 'gzip' })).status).toBe(415);
    expect((await send('{"owner":"ALL"}', 'application/merge-patch+json; charset="UTF-8"')).status).toBe(201);
  });

  test('too large a body is refused, announced or not, and the connection lives on', async () => {
    const large = 'x'.repeat(5000);
    expect(await problem(await send(large))).toMatchObject({ httpStatus: 413, code: 'body_too_large' });
    const chunks = new ReadableStream({
      start(controller) {
        for (let i = 0; i < 5; i += 1) controller.enqueue(Buffer.from('x'.repeat(1000)));
        controller.close();
      },
    });
    const streamed = await fetch(`${http.url}/api/v1/things`, {
      method: 'POST',
      headers: { authorization: 'Bearer author', 'content-type': 'application/json' },
      body: chunks,
      duplex: 'half',
    } as RequestInit);
    expect(streamed.status).toBe(413);
    expect((await send('{"owner":"ALL"}')).status).toBe(201);
  });

  test('deep nesting is refused before anything walks it', async () => {
    const deep = `{"owner":"ALL","args":${'['.repeat(100)}${']'.repeat(100)}}`;
    expect(await problem(await send(deep))).toMatchObject({
      httpStatus: 400,
      code: 'body_malformed',
      detail: expect.stringContaining('64 levels'),
    });
    const braces = JSON.stringify({ owner: 'ALL', args: '[{\\"'.repeat(100) });
    expect((await send(braces)).status).toBe(201);
  });

  test('a key named __proto__ is refused at any depth, however it is written', async () => {
    expect(await problem(await send('{"owner":"ALL","__proto__":{"count":3}}'))).toMatchObject({
      code: 'field_unknown',
      field: '__proto__',
    });
    for (const key of ['__proto__', '\\u005f_proto__']) {
      const inside = await send(`{"owner":"ALL","args":{"list":[{"${key}":{"polluted":1}}]}}`);
      expect(await problem(inside)).toMatchObject({ code: 'field_unknown', field: 'args.list.0.__proto__' });
    }
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    expect((await send('{"owner":"ALL","args":{"text":"__proto__"}}')).status).toBe(201);
  });

  test('a client that goes away in the middle of its body harms nobody', async () => {
    const socket = connect(Number(new URL(http.url).port), '127.0.0.1');
    await once(socket, 'connect');
    socket.write(
      'POST /api/v1/things HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer author\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"ow',
    );
    socket.destroy();
    expect((await send('{"owner":"ALL"}')).status).toBe(201);
  });
});

describe('a place that is not there', () => {
  test('an unknown path is a problem', async () => {
    expect(await problem(await http.call('GET', '/api/v1/nothing', { as: 'admin' }))).toMatchObject({
      httpStatus: 404,
      code: 'not_found',
    });
    expect((await http.call('GET', '/api/v1/things/%zz', { as: 'admin' })).status).toBe(404);
  });

  test('an unknown method is told which are possible', async () => {
    const response = await http.call('PUT', '/api/v1/things/a', { as: 'admin' });
    expect(response.headers.get('allow')).toBe('GET, DELETE, HEAD');
    expect(await problem(response)).toMatchObject({ httpStatus: 405, code: 'method_not_allowed' });
  });
});

describe('an error of the handler', () => {
  const fail = async (error: unknown) => {
    failWith = error;
    return http.call('POST', '/api/v1/failures');
  };

  test('a domain error leaves with its code, status and details', async () => {
    const response = await fail(new MusterError('rate_limited', 'Slowly.', { retryAfterSeconds: 2.2 }));
    expect(response.headers.get('retry-after')).toBe('3');
    expect(await problem(response)).toMatchObject({ httpStatus: 429, code: 'rate_limited', detail: 'Slowly.' });
  });

  test('anything else is logged in full under the request id and tells nothing', async () => {
    const response = await fail(new Error('password is hunter2'));
    const body = await problem(response);
    expect(body).toMatchObject({ httpStatus: 500, code: 'internal' });
    expect(JSON.stringify(body)).not.toContain('hunter2');
    const requestId = response.headers.get('x-request-id');
    expect(body.detail).toContain(requestId);
    expect(http.logged.at(-1)).toMatchObject({ msg: 'request failed', requestId, err: { message: 'password is hunter2' } });
  });

  test('in tests, an answer that its schema does not describe is one', async () => {
    const response = await fail('lie');
    expect(response.status).toBe(500);
    expect(http.logged.at(-1)).toMatchObject({ err: { message: expect.stringContaining('does not describe') } });
  });
});
