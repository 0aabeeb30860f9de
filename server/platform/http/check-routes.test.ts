import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { checkRoutes } from './check-routes.ts';
import { type AnyRoute, route } from './route.ts';

const good = route({
  method: 'PUT',
  path: '/api/v1/things/:id',
  aliases: ['/things/:id'],
  permission: 'tasks.write',
  summary: 'Replace a thing',
  tag: 'things',
  params: z.strictObject({ id: z.string() }),
  query: z.strictObject({ force: z.stringbool().optional() }),
  body: z.strictObject({ name: z.string().transform((name) => name.trim()) }),
  responses: { 200: z.object({ id: z.string() }) },
  handler: async () => ({ status: 200, body: { id: 'a' } }),
});
const withOther = (other: object): AnyRoute => ({ ...good, ...other }) as AnyRoute;

test('a complete declaration has no fault', () => {
  expect(checkRoutes([good])).toEqual([]);
});

test.each([
  ['has no permission', { permission: undefined }],
  ['names the unknown permission things.eat', { permission: 'things.eat' }],
  ['has no summary that begins with a capital and ends without a full stop', { summary: '' }],
  ['has no summary that begins with a capital and ends without a full stop', { summary: 'Replace it.' }],
  ['has no tag', { tag: '' }],
  ['declares no good response', { responses: {} }],
  ['declares a problem as a response; problems follow from the errors', { responses: { 200: null, 404: null } }],
  ['is a GET with a body', { method: 'GET' }],
  ['has parameters in its path but no schema for them', { params: undefined }],
  ['declares the parameters name for a path with id', { params: z.strictObject({ name: z.string() }) }],
  ['has a schema that does not refuse unknown fields', { body: z.object({ name: z.string() }) }],
  ['has a schema that does not refuse unknown fields', { query: z.looseObject({}) }],
  ['has the alias /things/:name with other parameters', { aliases: ['/things/:name'] }],
])('%s', (fault, other) => {
  expect(checkRoutes([withOther(other)])).toEqual([`${'method' in other ? other.method : 'PUT'} /api/v1/things/:id: ${fault}`]);
});

test('two routes must not be the same', () => {
  expect(checkRoutes([good, withOther({ aliases: [] })])).toEqual([expect.stringContaining('is declared twice')]);
});
