import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cookieOf, openTestAuth, someAdmin, type TestAuth } from '../../../tests/support/auth.ts';
import type { TestDatabase } from '../../../tests/support/database.ts';
import { createClients } from '../../platform/http/client-address.ts';
import { createHttp } from '../../platform/http/http.ts';
import { createHttpServer, type HttpServer } from '../../platform/http/http-server.ts';
import { createIdempotency } from '../../platform/http/idempotency.ts';
import { createRequestIds } from '../../platform/http/request-ids.ts';
import { createAuditRoutes } from '../audit/audit.routes.ts';
import { createAuthRoutes } from './auth.routes.ts';

let test: TestAuth & TestDatabase;
let server: HttpServer;
let url: string;
let admin: string;
let viewer: string;
const password = 'correct horse battery';

beforeAll(async () => {
  test = await openTestAuth();
  const { auth, audit, db, clock, log } = test;
  server = createHttpServer({ host: '127.0.0.1', port: 0, tls: null, clock });
  const http = createHttp({
    routes: [...createAuditRoutes(audit), ...createAuthRoutes(auth)],
    pages: [],
    authenticate: auth.authenticate,
    idempotency: createIdempotency({ db, clock, randomBytes }),
    server,
    requestIds: createRequestIds(randomBytes),
    clients: createClients([], false),
    clock,
    log,
    validateResponses: true,
  });
  server.onRequest(http);
  url = `${(await server.listen()).url}/api/v1`;
  admin = `Bearer ${(await auth.tokens.create({ name: 'root', role: 'admin' }, someAdmin)).token}`;
  viewer = `Bearer ${(await auth.tokens.create({ name: 'eyes', role: 'viewer' }, someAdmin)).token}`;
});
afterAll(async () => {
  await server.stop(0);
  await test.dispose();
});

type Answer = { status: number; body: Record<string, unknown> & { items?: Record<string, unknown>[] } };

async function call(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = { authorization: admin },
): Promise<Answer> {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? {} : JSON.parse(text) };
}

describe('users over the API', () => {
  it('are created, changed and listed', async () => {
    const created = await call('POST', '/users', { name: 'alice', role: 'operator', password });
    expect(created).toMatchObject({ status: 201, body: { name: 'alice', role: 'operator', hasPassword: true } });
    expect(JSON.stringify(created)).not.toContain('scrypt');
    const path = `/users/${created.body.id}`;
    expect(await call('PATCH', path, { role: 'author' })).toMatchObject({ status: 200, body: { role: 'author' } });
    expect(await call('GET', '/users?limit=1')).toMatchObject({
      status: 200,
      body: { items: [{ name: 'alice', role: 'author' }], next: null },
    });
    const { body } = await call('GET', '/audit?subject=alice');
    expect(body.items?.map(({ actor, action, address }) => [actor, action, address])).toEqual([
      ['token:root', 'user.changed', '127.0.0.1'],
      ['token:root', 'user.created', '127.0.0.1'],
    ]);
  });

  it.each([
    [{ name: 'bob', role: 'operator', password: 'short' }, 'field_invalid', 'password'],
    [{ name: 'b ob', role: 'operator', password }, 'field_invalid', 'name'],
    [{ name: 'bob', role: 'king', password }, 'field_invalid', 'role'],
    [{ name: 'bob', role: 'operator' }, 'field_missing', 'password'],
    [{ name: 'bob', role: 'operator', password, admin: true }, 'field_unknown', 'admin'],
    [{ name: 'alice', role: 'operator', password }, 'name_taken', 'name'],
  ])('are refused with %j', async (input, code, field) => {
    expect((await call('POST', '/users', input)).body).toMatchObject({ code, field });
  });

  it('that do not exist are not found', async () => {
    expect(await call('PATCH', '/users/usr_none', { disabled: true })).toMatchObject({
      status: 404,
      body: { code: 'not_found' },
    });
  });
});

describe.each([
  ['tokens', { name: 'ci', role: 'viewer' }, /^mst_[\w-]{43}$/],
  ['join-tokens', { tags: ['web'] }, /^mjt_[\w-]{43}\.[0-9a-f]{32}$/],
])('%s over the API', (path, input, form) => {
  it('are shown once, listed and revoked', async () => {
    const created = await call('POST', `/${path}`, input);
    expect(created).toMatchObject({ status: 201, body: { token: expect.stringMatching(form), revoked: false } });
    const { token, ...shown } = created.body;
    expect((await call('GET', `/${path}?limit=1`)).body.items).toEqual([shown]);
    expect(await call('DELETE', `/${path}/${shown.id}`)).toEqual({ status: 204, body: {} });
    expect((await call('GET', `/${path}?limit=1`)).body.items).toMatchObject([{ id: shown.id, revoked: true }]);
    expect(await call('DELETE', `/${path}/none`)).toMatchObject({ status: 404 });
  });

  it('are made once when the same request is sent twice', async () => {
    const headers = { authorization: admin, 'idempotency-key': `once-${path}` };
    const [first, second] = [await call('POST', `/${path}`, input, headers), await call('POST', `/${path}`, input, headers)];
    expect(second).toEqual(first);
    expect(
      await test.db.read.selectFrom('idempotency').selectAll().where('body', 'like', `%${first.body.token}%`).execute(),
    ).toEqual([]);
  });

  it('refuse a cursor of another list', async () => {
    expect((await call('GET', `/${path}?after=nonsense`)).body).toMatchObject({ code: 'cursor_invalid', field: 'after' });
  });
});

it('refuses a join token that fixes the name of many', async () => {
  expect((await call('POST', '/join-tokens', { agentName: 'web-1', maxUses: 2 })).body).toMatchObject({
    code: 'field_invalid',
    field: 'maxUses',
  });
});

it.each(['/users', '/tokens', '/join-tokens', '/audit'])('keeps %s from those who have no business there', async (path) => {
  expect(await call('GET', path, undefined, {})).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
  expect(await call('GET', path, undefined, { authorization: viewer })).toMatchObject({
    status: 403,
    body: { code: 'forbidden' },
  });
});

it('lets a session change things only with its CSRF token', async () => {
  await test.auth.users.create({ name: 'chief', role: 'admin', password }, someAdmin);
  const { setCookie, actor } = await test.auth.signInWithPassword('chief', password, null);
  const cookie = cookieOf(setCookie);
  const input = { name: 'by hand', role: 'viewer' };
  expect(await call('POST', '/tokens', input, { cookie })).toMatchObject({ status: 403, body: { code: 'csrf_failed' } });
  const created = await call('POST', '/tokens', input, { cookie, 'x-csrf-token': actor.csrfToken ?? '' });
  expect(created).toMatchObject({ status: 201, body: { createdBy: 'chief' } });
});
