import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { startTestHttp, type TestHttp } from '../../../tests/support/http.ts';
import type { Endpoint } from './endpoint.ts';
import { route } from './route.ts';
import { sitesOf } from './sites.ts';

const html = (method: 'GET' | 'POST', path: string): Endpoint => ({
  method,
  path,
  produces: 'html',
  answer: async () => ({ status: 200, headers: { 'content-type': 'text/html' }, body: `page ${path}` }),
});
const routeAt = (path: string, method: 'GET' | 'POST' = 'GET') =>
  route({
    method,
    path,
    permission: 'open',
    summary: 'X',
    tag: 'x',
    params: z.object({ id: z.string().optional() }),
    responses: { 200: z.object({}) },
    handler: async () => ({ status: 200, body: {} }),
  });

describe('a path that JSON and HTML share', () => {
  let http: TestHttp;
  beforeAll(async () => {
    http = await startTestHttp({
      routes: [routeAt('/tasks'), routeAt('/tasks', 'POST'), routeAt('/tasks/:id'), routeAt('/only')],
      pages: [html('GET', '/tasks'), html('POST', '/tasks'), html('GET', '/tasks/new')],
    });
  });
  afterAll(() => http.stop());

  test.each([
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'text/html'],
    ['*/*', 'application/json'],
    ['application/json, text/html;q=0.5', 'application/json'],
    ['application/json, text/plain, */*', 'application/json'],
    ['text/html;q=0.1, application/json;q=0', 'text/html'],
    ['text/*', 'text/html'],
    ['image/png', 'application/json'],
    ['', 'application/json'],
  ])('answers Accept %j with %s', async (accept, type) => {
    const response = await http.call('GET', '/tasks', { headers: { accept } });
    expect(response.headers.get('content-type')).toContain(type);
    expect(response.headers.get('vary')).toBe('Accept');
    await response.text();
  });

  test('takes a form as the page and JSON as the route', async () => {
    const form = await http.call('POST', '/tasks', { body: new URLSearchParams({ a: '1' }) });
    expect(await form.text()).toBe('page /tasks');
    expect(await (await http.call('POST', '/tasks', { body: {} })).json()).toEqual({});
  });

  test('a path without parameters wins over one with', async () => {
    expect(await (await http.call('GET', '/tasks/new')).text()).toBe('page /tasks/new');
    expect(await (await http.call('GET', '/tasks/old')).json()).toEqual({});
  });

  test('where there is nothing to choose, caches are told nothing', async () => {
    const response = await http.call('GET', '/only', { headers: { accept: 'text/html' } });
    expect(response.headers.get('vary')).toBeNull();
    expect(await response.json()).toEqual({});
  });
});

test('two endpoints that claim the same are a mistake at the start', () => {
  expect(() => sitesOf([html('GET', '/a'), html('GET', '/a')])).toThrow('GET /a is declared twice');
  expect(() => sitesOf([html('GET', '/a/:id'), html('POST', '/a/:name')])).toThrow('same path with different names');
});
