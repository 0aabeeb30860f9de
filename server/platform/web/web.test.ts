import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { MusterError } from '../../../shared/errors.ts';
import { startTestHttp, type TestHttp, testActors } from '../../../tests/support/http.ts';
import { systemClock } from '../clock.ts';
import { formBody } from './form.ts';
import { iconNames } from './icons.ts';
import { page } from './page.ts';
import { createWeb } from './web.ts';

let folder: string;
let http: TestHttp;
const view = (name: string): string => pathToFileURL(join(folder, `${name}.ejs`)).href;
const asBrowser = { accept: 'text/html,*/*;q=0.8' };
const signedIn = (role = 'author') => ({ ...asBrowser, cookie: `muster_session=${role}` });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-views-'));
  await writeFile(
    join(folder, 'things.ejs'),
    `<h1><%= name %></h1><p class="q"><%= typeof query === 'undefined' ? '' : query.state %></p><%- include('inner', { inner: '<i>' }) %><%- icon('${iconNames[0]}') %>`,
  );
  await writeFile(
    join(folder, 'inner.ejs'),
    `<form><input name="csrf" value="<%= csrf %>"><b><%= inner %></b><%= allows('users.manage') %>|<%= path %></form>`,
  );
  await writeFile(join(folder, 'broken.ejs'), '<%= secretThatIsNotThere %>');
  const web = createWeb({
    authenticate: testActors,
    clock: systemClock,
    live: { position: () => 'epoch-7' },
    pages: [
      page({
        method: 'GET',
        path: '/things',
        permission: 'tasks.read',
        query: z.strictObject({ state: z.enum(['open', 'final']).optional() }),
        handler: async ({ query }) => ({
          kind: 'view',
          view: view('things'),
          title: 'Things',
          section: 'tasks',
          data: { name: '<script>alert(1)</script>', query: { state: query.state ?? 'any' } },
          topics: ['tasks'],
        }),
      }),
      page({
        method: 'POST',
        path: '/things',
        permission: 'tasks.write',
        body: formBody,
        async handler({ body }) {
          if (body.name === '')
            return {
              kind: 'view',
              view: view('things'),
              title: 'Things',
              section: 'tasks',
              status: 422,
              data: { name: 'typed', query: { state: JSON.stringify(body) } },
            };
          return { kind: 'redirect', to: `/things?name=${String(body.name)}`, cookies: ['a=1', 'b=2'] };
        },
      }),
      page({
        method: 'POST',
        path: '/enter',
        permission: 'open',
        body: z.strictObject({ name: z.string() }),
        handler: async () => ({ kind: 'redirect', to: '/' }),
      }),
      page({
        method: 'GET',
        path: '/gone',
        permission: 'tasks.read',
        handler: () => Promise.reject(new MusterError('not_found', 'No run <x>.')),
      }),
      page({
        method: 'GET',
        path: '/broken',
        permission: 'tasks.read',
        handler: async () => ({ kind: 'view', view: view('broken'), title: 'B', section: '', data: {} }),
      }),
      page({
        method: 'GET',
        path: '/log',
        permission: 'tasks.read',
        handler: async () => ({
          kind: 'download',
          fileName: 'exe"1\r\n.log',
          chunks: (async function* () {
            yield '<b>one';
            yield ' two';
          })(),
        }),
      }),
    ],
  });
  http = await startTestHttp({ pages: web.endpoints, errorPage: web.errorPage });
});
afterAll(async () => {
  await http.stop();
  await rm(folder, { recursive: true });
});

describe('a page', () => {
  test('is its view in the layout, with all data escaped', async () => {
    const response = await http.call('GET', '/things?state=', { headers: signedIn() });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(response.headers.get('cache-control')).toBe('no-store');
    const html = await response.text();
    expect(html).toContain('<h1>&lt;script&gt;alert(1)&lt;/script&gt;</h1>');
    expect(html).toContain('<p class="q">any</p>');
    expect(html).toContain('<title>Things');
    expect(html).toContain('value="csrf-of-author"><b>&lt;i&gt;</b>false|/things?state=</form>');
    expect(html).toMatch(/<use href="\/assets\/[0-9a-f]{16}\/icons.svg#[\w-]+">/);
  });

  test('holds nothing that the content security policy forbids', async () => {
    const html = await (await http.call('GET', '/things', { headers: signedIn() })).text();
    expect(html).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=/i);
    expect(html).not.toMatch(/(?:src|href)="https?:/);
  });

  test('names its topics and where live events stood before it was read', async () => {
    const html = await (await http.call('GET', '/things', { headers: signedIn() })).text();
    expect(html).toContain('data-topics="tasks" data-since="epoch-7"');
  });

  test('sends a visitor to sign in and back, and tells a live page that the session has ended', async () => {
    const response = await http.call('GET', '/things?state=open', { headers: asBrowser });
    expect(response.status).toBe(303);
    expect(response.headers.get('location')).toBe('/sign-in?next=%2Fthings%3Fstate%3Dopen');
    expect((await http.call('GET', '/things', { headers: { ...asBrowser, 'x-muster-fragment': '1' } })).status).toBe(401);
  });

  test('may be a file to save, which no browser runs', async () => {
    const response = await http.call('GET', '/log', { headers: signedIn() });
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(response.headers.get('content-disposition')).toBe('attachment; filename="exe_1__.log"');
    expect(await response.text()).toBe('<b>one two');
  });
});

describe('a form', () => {
  const post = (fields: Record<string, string>, headers: Record<string, string> = signedIn(), path = '/things') =>
    http.call('POST', path, { body: new URLSearchParams(fields), headers });

  test('with the token of the session does its work and redirects', async () => {
    const response = await post({ csrf: 'csrf-of-author', name: 'a ✓' });
    expect([response.status, response.headers.get('location')]).toEqual([303, '/things?name=a%20%E2%9C%93']);
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
  });

  test('can come back with what was typed, without the token among its fields', async () => {
    const response = await post({ csrf: 'csrf-of-author', name: '', 'retries.count': '3' });
    expect(response.status).toBe(422);
    expect(await response.text()).toContain('{&#34;name&#34;:&#34;&#34;,&#34;retries.count&#34;:&#34;3&#34;}');
  });

  test.each([
    ['without the token', { name: 'a' }, {}],
    ['with the token of another session', { name: 'a', csrf: 'csrf-of-admin' }, {}],
    ['from another site', { name: 'a', csrf: 'csrf-of-author' }, { 'sec-fetch-site': 'cross-site' }],
    ['from a sibling of this site', { name: 'a', csrf: 'csrf-of-author' }, { 'sec-fetch-site': 'same-site' }],
    ['from another origin', { name: 'a', csrf: 'csrf-of-author' }, { origin: 'https://evil.example' }],
    ['from nowhere', { name: 'a', csrf: 'csrf-of-author' }, { origin: 'null' }],
  ])('%s is refused', async (_, fields, headers) => {
    const response = await post(fields as Record<string, string>, { ...signedIn(), ...(headers as Record<string, string>) });
    expect(response.status).toBe(403);
    expect(await response.text()).toContain('csrf_failed');
  });

  test('from this origin is taken, whatever scheme a proxy speaks', async () => {
    const origin = http.url.replace('http:', 'https:');
    expect((await post({ csrf: 'csrf-of-author', name: 'a' }, { ...signedIn(), origin })).status).toBe(303);
  });

  test('that is open needs no token but must come from here', async () => {
    expect((await post({ name: 'a' }, {}, '/enter')).status).toBe(303);
    expect((await post({ name: 'a' }, { 'sec-fetch-site': 'cross-site' }, '/enter')).status).toBe(403);
  });

  test('without the permission is refused, and as JSON too', async () => {
    expect((await post({ csrf: 'csrf-of-viewer', name: 'a' }, signedIn('viewer'))).status).toBe(403);
    expect((await http.call('POST', '/things', { body: { name: 'a' }, headers: signedIn() })).status).toBe(415);
  });
});

describe('an error', () => {
  test('of a page is a page, with the status of the error', async () => {
    const response = await http.call('GET', '/gone', { headers: signedIn() });
    expect(response.status).toBe(404);
    expect(await response.text()).toContain('No run &lt;x&gt;.');
  });

  test('in a view tells nothing but where to look', async () => {
    const response = await http.call('GET', '/broken', { headers: signedIn() });
    expect(response.status).toBe(500);
    const html = await response.text();
    expect(html).not.toContain('secretThatIsNotThere');
    expect(html).toContain(response.headers.get('x-request-id'));
  });

  test('where nothing is, is a page for a browser and a problem for a program', async () => {
    const forBrowser = await http.call('GET', '/nothing', { headers: asBrowser });
    expect([forBrowser.status, forBrowser.headers.get('content-type')]).toEqual([404, 'text/html; charset=utf-8']);
    expect((await http.call('GET', '/nothing')).headers.get('content-type')).toBe('application/problem+json');
    expect((await http.call('GET', '/api/v1/nothing', { headers: asBrowser })).headers.get('content-type')).toBe(
      'application/problem+json',
    );
  });

  test('of the API is explained where its type points to', async () => {
    const html = await (await http.call('GET', '/api/docs/errors')).text();
    expect(html).toContain('id="field_invalid"');
  });
});

describe('assets', () => {
  const assetUrl = async (name: string): Promise<string> => {
    const html = await (await http.call('GET', '/things', { headers: signedIn() })).text();
    return new RegExp(`"(/assets/[0-9a-f]{16}/${name})[#"]`).exec(html)?.[1] ?? 'not there';
  };
  /** fetch would unpack it */
  const raw = (path: string, encoding: string): Promise<{ encoding: string | undefined; bytes: Buffer }> =>
    new Promise((resolve, reject) => {
      request(`${http.url}${path}`, { headers: { 'accept-encoding': encoding } }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => resolve({ encoding: response.headers['content-encoding'], bytes: Buffer.concat(chunks) }));
      })
        .on('error', reject)
        .end();
    });

  test('are kept for ever under the URL that holds their hash, and checked under their name', async () => {
    const hashed = await http.call('GET', await assetUrl('style.css'));
    expect(hashed.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(hashed.headers.get('content-type')).toBe('text/css; charset=utf-8');
    const plain = await http.call('GET', '/assets/style.css');
    expect(plain.headers.get('cache-control')).toBe('no-cache');
    expect(await plain.text()).toBe(await hashed.text());
    const etag = plain.headers.get('etag') ?? '';
    expect((await http.call('GET', '/assets/style.css', { headers: { 'if-none-match': etag } })).status).toBe(304);
    const older = await http.call('GET', '/assets/0123456789abcdef/style.css');
    await older.arrayBuffer();
    expect([older.status, older.headers.get('cache-control')]).toEqual([200, 'no-cache']);
  });

  test('come compressed to whoever takes that', async () => {
    const path = await assetUrl('style.css');
    const [plain, br, gzip] = await Promise.all([raw(path, 'identity'), raw(path, 'gzip, br'), raw(path, 'gzip')]);
    expect([plain.encoding, br.encoding, gzip.encoding]).toEqual([undefined, 'br', 'gzip']);
    expect(brotliDecompressSync(br.bytes).equals(plain.bytes)).toBe(true);
    expect(gunzipSync(gzip.bytes).equals(plain.bytes)).toBe(true);
    expect(br.bytes.length).toBeLessThan(plain.bytes.length / 4);
  });

  test('are only those that are meant', async () => {
    for (const path of [
      '/assets/nothing.css',
      '/assets/',
      '/assets/..%2fpage.ts',
      '/assets/../page.ts',
      '/assets/%2e%2e/page.ts',
    ]) {
      expect((await http.call('GET', path)).status).toBe(404);
    }
  });

  test('have the icons in one file', async () => {
    const svg = await (await http.call('GET', '/assets/icons.svg')).text();
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg"><symbol id="[\w-]+" viewBox="0 0 24 24">/);
    for (const name of iconNames) expect(svg).toContain(`<symbol id="${name}" `);
  });
});

test('the API document has a page of its own, with nothing from elsewhere', async () => {
  const response = await http.call('GET', '/api/docs', { headers: signedIn() });
  const html = await response.text();
  expect(html).toContain('data-csrf="csrf-of-author"');
  for (const [, path] of html.matchAll(/(?:src|href)="([^"]+)"/g)) {
    const file = await http.call('GET', path ?? '');
    await file.arrayBuffer();
    expect(file.status).toBe(200);
  }
});
