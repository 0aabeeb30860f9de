import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { closedUrl } from '../tests/support/closed-port.ts';
import { problem, type StubApi, startStubApi, stubToken } from '../tests/support/stub-api.ts';
import { type Client, createClient } from './client.ts';
import { readList } from './pages.ts';

const thing = z.object({ n: z.int() });
let api: StubApi;
let client: Client;
let keys = 0;

const clientOf = (server: string): Client =>
  createClient({ server, token: stubToken, newKey: () => `key-${++keys}`, pause: () => Promise.resolve() });

beforeEach(async () => {
  api = await startStubApi();
  client = clientOf(api.url);
});
afterEach(() => api.stop());

describe('a request', () => {
  test('carries the token and its query, and its answer is read by the schema', async () => {
    api.answer('GET /things', { body: { n: 1, new: 'field' } });
    expect(await client.get('/things', thing, { limit: 5, after: undefined, name: 'a&b' })).toEqual({ n: 1 });
    expect(api.requests[0]).toMatchObject({
      query: { limit: '5', name: 'a&b' },
      headers: { authorization: `Bearer ${stubToken}` },
    });
  });

  test('that is refused throws the code, the sentence and the field of the server', async () => {
    api.answer('POST /things', problem('owner_syntax', 'A value must follow "tag:".', { field: 'owner', column: 5 }));
    await expect(client.post('/things', thing, {})).rejects.toMatchObject({
      code: 'owner_syntax',
      message: 'A value must follow "tag:".',
      details: { field: 'owner', column: 5 },
    });
  });

  test('that is answered by something else than Muster says so', async () => {
    api.answer('GET /things', { status: 502, body: '<html>Bad gateway' });
    await expect(client.get('/things', thing)).rejects.toMatchObject({
      code: 'server_unreachable',
      message: expect.stringContaining('not as a Muster server does'),
    });
    api.answer('GET /things', { body: { n: 'one' } });
    await expect(client.get('/things', thing)).rejects.toMatchObject({ code: 'protocol_unsupported' });
  });

  test('does not follow a redirect, which could take the token elsewhere', async () => {
    api.answer('GET /things', { status: 302, headers: { location: `${api.url}/other` } });
    await expect(client.get('/things', thing)).rejects.toMatchObject({ code: 'server_unreachable' });
    expect(api.requests).toHaveLength(1);
  });

  test('to a port where nobody listens says how to start the server', async () => {
    await expect(clientOf(await closedUrl()).post('/things', thing)).rejects.toMatchObject({
      code: 'server_unreachable',
      message: expect.stringMatching(/ECONNREFUSED.*npm start/),
    });
  });
});

describe('a POST whose answer is lost', () => {
  test('is sent again with the same key, so that it happens once', async () => {
    let tries = 0;
    api.answer('POST /things', () => (++tries < 3 ? 'hang up' : { status: 201, body: { n: tries } }));
    expect(await client.post('/things', thing, {})).toEqual({ n: 3 });
    expect(new Set(api.requests.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
  });

  test('is given up after some tries', async () => {
    api.answer('POST /things', 'hang up');
    await expect(client.post('/things', thing, {})).rejects.toMatchObject({ code: 'server_unreachable' });
    expect(api.requests).toHaveLength(4);
  });

  test('is not sent again if it is no POST: nothing would hold it to happening once', async () => {
    api.answer('DELETE /things', 'hang up');
    await expect(client.delete('/things')).rejects.toMatchObject({ code: 'server_unreachable' });
    expect(api.requests).toHaveLength(1);
  });
});

test('a list reads as many pages as its limit needs, and no more', async () => {
  api.answer('GET /things', ({ query }) => {
    const first = Number(query.after ?? 0);
    const items = Array.from({ length: Number(query.limit) }, (_, at) => ({ n: first + at + 1 }));
    return { body: { items, next: String(first + items.length) } };
  });
  const { items, next } = await readList(client, '/things', thing, { limit: 1200 });
  expect([items.length, items.at(-1)?.n, next]).toEqual([1200, 1200, '1200']);
  expect(api.requests.map(({ query }) => query.limit)).toEqual(['500', '500', '200']);
});
