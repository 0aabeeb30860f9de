import { once } from 'node:events';
import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { allows, type Role, roles } from '../shared/permissions.ts';
import { type ServerInProcess, startServerInProcess } from './support/server-in-process.ts';

let server: ServerInProcess;
const tokens = new Map<Role, string>();

beforeAll(async () => {
  server = await startServerInProcess({}, { MUSTER_BODY_LIMIT_BYTES: '20000' });
  for (const role of roles)
    tokens.set(role, (await server.api.post<{ token: string }>('/api/v1/tokens', { name: role, role })).token);
});
afterAll(() => server?.stop());

type Answer = { readonly status: number; readonly headers: IncomingHttpHeaders; readonly text: string };

/** As any program may ask: `fetch` would add headers of its own. */
async function send(
  method: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  body?: string,
): Promise<Answer> {
  // Node sends no length with a DELETE
  const length: Record<string, string> = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  const sent = request(server.url + path, { method, agent: false, headers: { ...headers, ...length } });
  sent.end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += chunk;
  return { status: response.statusCode ?? 0, headers: response.headers, text };
}

const formType = { 'content-type': 'application/x-www-form-urlencoded' };
const signIn = (fields: Readonly<Record<string, string>>, headers: Readonly<Record<string, string>> = {}): Promise<Answer> =>
  send('POST', '/sign-in', { ...formType, ...headers }, String(new URLSearchParams(fields)));

async function session(role: Role): Promise<{ cookie: string; csrf: string; set: string }> {
  const { headers } = await signIn({ token: tokens.get(role) ?? '' });
  const set = headers['set-cookie']?.[0] ?? '';
  const cookie = set.split(';', 1)[0] ?? '';
  const page = await send('GET', '/settings', { cookie });
  return { cookie, set, csrf: /name="csrf" value="([^"]+)"/.exec(page.text)?.[1] ?? '' };
}

describe('each route', () => {
  it('lets in the roles that have its permission, and nobody else', async () => {
    const faults: string[] = [];
    for (const { method, path, permission } of server.running.routes) {
      if (permission === 'open') continue;
      for (const role of roles) {
        const headers = { authorization: `Bearer ${tokens.get(role)}`, 'content-type': 'application/json' };
        const { status } = await send(method, path.replace(/:\w+/g, 'nobody'), headers, method === 'GET' ? undefined : '{"x":1}');
        if ((status === 403) === allows(role, permission)) faults.push(`${method} ${path} as ${role}: ${status}`);
      }
    }
    expect(faults).toEqual([]);
  });
});

describe('a session', () => {
  it('is a cookie that no script and no other site gets', async () => {
    expect((await session('viewer')).set).toMatch(/^muster_session=[\w-]{43}; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Strict$/);
  });

  it('is a new one at each sign-in, whatever cookie was there before', async () => {
    const planted = `muster_session=${'A'.repeat(43)}`;
    const { headers } = await signIn({ token: tokens.get('viewer') ?? '' }, { cookie: planted });
    expect(headers['set-cookie']?.[0]).not.toContain(planted);
    expect((await send('GET', '/settings', { cookie: planted })).status).toBe(303);
  });

  it('changes nothing without its own CSRF token, neither by the API nor by a form', async () => {
    const { cookie, csrf } = await session('admin');
    const json = { cookie, 'content-type': 'application/json' };
    const form = { ...formType, cookie };
    const name = (n: number): string => JSON.stringify({ name: `made ${n}`, role: 'viewer' });
    expect((await send('POST', '/api/v1/tokens', json, name(1))).status).toBe(403);
    expect((await send('POST', '/api/v1/tokens', { ...json, 'x-csrf-token': 'guessed' }, name(1))).status).toBe(403);
    expect((await send('DELETE', '/api/v1/tokens/x', { cookie })).status).toBe(403);
    expect((await send('POST', '/settings/tokens', form, 'name=a&role=viewer')).status).toBe(403);
    expect(
      (await send('POST', '/settings/tokens', { ...form, origin: 'http://evil.example' }, `csrf=${csrf}&name=a`)).status,
    ).toBe(403);
    expect(
      (await send('POST', '/settings/tokens', { ...form, 'sec-fetch-site': 'same-site' }, `csrf=${csrf}&name=a`)).status,
    ).toBe(403);
    expect((await send('POST', '/api/v1/tokens', { ...json, 'x-csrf-token': csrf }, name(1))).status).toBe(201);
  });

  it('does not help a token that is wrong', async () => {
    const { cookie } = await session('admin');
    expect((await send('GET', '/api/v1/tasks', { cookie, authorization: 'Bearer mst_wrong' })).status).toBe(401);
  });
});

describe('signing in', () => {
  it.each([
    '//evil.example',
    '/\\evil.example',
    'https://evil.example',
    'javascript:alert(1)',
    '/\t/evil.example',
    '/\r\nset-cookie: a=b',
    ' //evil.example',
  ])('leads to no other site: %j', async (next) => {
    const { status, headers } = await signIn({ token: tokens.get('viewer') ?? '', next });
    expect([status, headers.location]).toEqual([303, '/']);
  });

  it('tells a program with 401 that it was wrong, and with 429 to stop', async () => {
    const tries: number[] = [];
    for (let n = 0; n < 12; n += 1) tries.push((await signIn({ name: 'admin', password: 'not the password' })).status);
    expect([tries[0], tries.at(-1)]).toEqual([401, 429]);
  });
});

describe('bodies', () => {
  const tooLong = 'x'.repeat(21_000);

  it('are as large as the settings allow, of the API and of forms', async () => {
    const { cookie, csrf } = await session('admin');
    const headers = { authorization: `Bearer ${tokens.get('admin')}`, 'content-type': 'application/json' };
    expect((await send('POST', '/api/v1/tokens', headers, JSON.stringify({ name: tooLong }))).status).toBe(413);
    expect((await send('POST', '/settings/tokens', { ...formType, cookie }, `csrf=${csrf}&name=${tooLong}`)).status).toBe(413);
  });

  it('are small from those who have proved nothing yet', async () => {
    const long = 'x'.repeat(17_000);
    expect((await signIn({ token: long })).status).toBe(413);
    expect(
      (await send('POST', '/agent/v1/enrol', { 'content-type': 'application/json' }, JSON.stringify({ name: long }))).status,
    ).toBe(413);
  });
});

describe('every answer', () => {
  it.each([
    ['a page', '/'],
    ['the sign-in page', '/sign-in'],
    ['a page that is not there', '/nothing'],
    ['the API', '/api/v1/tasks'],
    ['an error of the API', '/api/v1/tasks?limit=0'],
    ['what is not there in the API', '/api/v1/nothing'],
    ['the API document', '/api/v1/openapi.json'],
    ['the page of the API', '/api/docs'],
    ['the metrics', '/metrics'],
    ['a style sheet', '/assets/app.css'],
  ])('allows neither scripts of others, nor frames, nor guesses about its type: %s', async (_what, path) => {
    const { cookie } = await session('admin');
    const askers: Readonly<Record<string, string>>[] = [{ cookie, accept: 'text/html' }, { accept: '*/*' }];
    for (const headers of askers) {
      const answer = await send('GET', path, headers);
      expect(answer.headers['content-security-policy']).toMatch(/default-src 'self'.*frame-ancestors 'none'/);
      expect(answer.headers['content-security-policy']).not.toMatch(/unsafe/);
      expect(answer.headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'x-frame-options': 'DENY' });
      if (!path.startsWith('/assets/')) expect(answer.headers['cache-control']).toMatch(/no-store/);
    }
  });
});
