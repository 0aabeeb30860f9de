import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { pageOf, pageQuery } from '../../../shared/api/listing.ts';
import { task, taskInput } from '../../../shared/api/tasks.ts';
import { createFakeClock } from '../../../tests/support/clock.ts';
import { startTestHttp, type TestHttp } from '../../../tests/support/http.ts';
import { checkRoutes } from './check-routes.ts';
import { createMetrics } from './metrics.ts';
import { withOpenApi } from './openapi.routes.ts';
import { operationsRoutes } from './operations.routes.ts';
import { route } from './route.ts';

const named = z.object({ id: z.string(), note: z.string().default('') }).meta({ id: 'Named' });
const id = z.strictObject({ id: z.string().max(64) });
const handler = async () => ({ status: 200, body: {} });

const routes = withOpenApi(
  [
    route({
      method: 'POST',
      path: '/api/v1/tasks',
      aliases: ['/tasks'],
      permission: 'tasks.write',
      summary: 'Create a task',
      tag: 'tasks',
      query: z.strictObject({ wait: z.coerce.number().max(300).optional() }),
      body: taskInput,
      responses: { 201: task },
      handler,
    }),
    route({
      method: 'GET',
      path: '/api/v1/tasks',
      aliases: ['/tasks'],
      permission: 'tasks.read',
      summary: 'List tasks',
      tag: 'tasks',
      query: pageQuery,
      responses: { 200: pageOf(task) },
      handler,
    }),
    route({
      method: 'PUT',
      path: '/api/v1/tasks/:id',
      permission: 'tasks.write',
      summary: 'Replace a task',
      tag: 'tasks',
      params: id,
      body: taskInput,
      headers: { 'If-Match': 'The ETag of the version that was read.' },
      responses: { 200: task },
      handler,
    }),
    route({
      method: 'DELETE',
      path: '/api/v1/tasks/:id',
      permission: 'tasks.write',
      summary: 'Delete a task',
      tag: 'tasks',
      params: id,
      responses: { 204: null },
      handler,
    }),
    route({
      method: 'POST',
      path: '/api/v1/tasks/:id/run',
      permission: 'tasks.run',
      summary: 'Run a task',
      tag: 'tasks',
      params: id,
      responses: { 201: named },
      handler,
    }),
    route({
      method: 'PATCH',
      path: '/api/v1/named/:id',
      permission: 'tasks.run',
      summary: 'Change a name',
      tag: 'named',
      params: id,
      body: z.strictObject({ named }),
      responses: { 200: z.object({ named, more: z.array(named) }) },
      handler,
    }),
    route({
      method: 'GET',
      path: '/api/v1/log',
      permission: 'tasks.read',
      summary: 'Read a log',
      tag: 'named',
      produces: ['application/json', 'text/plain'],
      responses: { 200: named },
      handler,
    }),
    ...operationsRoutes({ metrics: createMetrics(), readiness: {}, clock: createFakeClock() }),
  ],
  { version: '1.2.3', serverUrl: 'https://muster.example', tags: { tasks: 'What is to be done.' } },
);

type Json = { [key: string]: Json };
let http: TestHttp;
let document: Json;
let folder: string;
beforeAll(async () => {
  http = await startTestHttp({ routes });
  document = (await (await http.call('GET', '/api/v1/openapi.json')).json()) as Json;
  folder = await mkdtemp(join(tmpdir(), 'muster-openapi-'));
});
afterAll(async () => {
  await http.stop();
  await rm(folder, { recursive: true });
});

describe('the OpenAPI document', () => {
  test('passes the linter', async () => {
    const file = join(folder, 'openapi.json');
    await writeFile(file, JSON.stringify(document));
    const bin = join(createRequire(import.meta.url).resolve('@redocly/cli/package.json'), '../bin/cli.js');
    const config = fileURLToPath(new URL('../../../redocly.yaml', import.meta.url));
    const output = await new Promise<string>((resolve) => {
      execFile(
        process.execPath,
        [bin, 'lint', file, '--config', config, '--format', 'stylish'],
        { env: { ...process.env, REDOCLY_TELEMETRY: 'off' } },
        (error, out, err) => resolve(error === null ? 'fine' : out + err),
      );
    });
    expect(output).toBe('fine');
  });

  test('describes routes that are complete', () => {
    expect(checkRoutes(routes)).toEqual([]);
  });

  test('tells what a client may send and what it gets: defaults are optional on the way in', () => {
    const post = document.paths?.['/api/v1/tasks']?.post as Json;
    expect(post.requestBody).toEqual({
      required: true,
      content: { 'application/json': { schema: { $ref: '#/components/schemas/TaskInput' } } },
    });
    expect(document.components?.schemas?.TaskInput).toMatchObject({ required: ['owner', 'plugin'], additionalProperties: false });
    expect(document.components?.schemas?.Task?.required).toContain('policy');
    expect(post).toMatchObject({ operationId: 'postTasks', security: [{ bearer: [] }, { session: [] }] });
    expect(JSON.stringify(post.parameters)).toContain('IdempotencyKey');
    expect(Object.keys(post.responses as object)).toEqual(['201', '400', '401', '403', '409', '413', '415', '422', 'default']);
  });

  test('names its aliases, headers and other media types', () => {
    expect(document.paths?.['/tasks']?.post).toMatchObject({ operationId: 'postTasksAtRoot' });
    expect(document.paths?.['/api/v1/tasks/{id}']?.put?.parameters).toContainEqual(
      expect.objectContaining({ name: 'If-Match', in: 'header' }),
    );
    expect(Object.keys((document.paths?.['/api/v1/log']?.get?.responses?.['200']?.content ?? {}) as object)).toEqual([
      'application/json',
      'text/plain',
    ]);
    expect(document.paths?.['/healthz']?.get?.security).toEqual([]);
  });

  test('keeps named schemas as components, twice where the way in differs from the way out', () => {
    expect(document.components?.schemas?.Named).toMatchObject({ required: ['id', 'note'] });
    expect(document.components?.schemas?.NamedInput).toMatchObject({ required: ['id'] });
    expect(JSON.stringify(document)).not.toContain('$defs');
    expect(JSON.stringify(document)).not.toContain('__schema');
  });
});
