import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { checkRoutes } from '../server/platform/http/check-routes.ts';
import { type ServerInProcess, startServerInProcess } from './support/server-in-process.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

let server: ServerInProcess;

beforeAll(async () => {
  server = await startServerInProcess();
});
afterAll(() => server?.stop());

describe('the routes of the product', () => {
  it('all have a permission, schemas and a summary', () => {
    expect(server.running.routes.length).toBeGreaterThan(40);
    expect(checkRoutes(server.running.routes)).toEqual([]);
  });

  it('are described by a document that a strict linter finds nothing wrong with', async () => {
    const { text } = await server.stranger.send('GET', '/api/v1/openapi.json');
    const file = join(server.folder, 'openapi.json');
    await writeFile(file, text);
    expect(await lint(file)).toEqual({ code: 0, faults: '' });
  });

  it('are all in the document, under each of their paths', async () => {
    const { json } = await server.stranger.send('GET', '/api/v1/openapi.json');
    const { paths } = json as { paths: Record<string, Record<string, unknown>> };
    const described = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const declared = server.running.routes.flatMap(({ method, path, aliases = [] }) =>
      [path, ...aliases].map((each) => `${method} ${each.replace(/:(\w+)/g, '{$1}')}`),
    );
    expect(described.sort()).toEqual(declared.sort());
  });

  it('answer nobody without a token, except those that are open', async () => {
    const closed = server.running.routes.filter(({ permission }) => permission !== 'open');
    const calls = closed.flatMap(({ method, path, aliases = [] }) => [path, ...aliases].map((each) => ({ method, path: each })));
    const answers = await Promise.all(
      calls.map(async ({ method, path }) => {
        const { status, json } = await server.stranger.send(method, path.replace(/:\w+/g, 'x'));
        return `${method} ${path}: ${status} ${(json as { code?: string } | undefined)?.code}`;
      }),
    );
    expect(answers).toEqual(calls.map(({ method, path }) => `${method} ${path}: 401 unauthenticated`));
    const open = server.running.routes
      .filter(({ permission }) => permission === 'open')
      .map(({ method, path }) => `${method} ${path}`);
    expect(open.sort()).toEqual([
      // asks for the download token of an open connection
      'GET /agent/v1/plugins/:sha256',
      'GET /api/v1/openapi.json',
      // a host that is to be set up has nothing to sign in with
      'GET /downloads/:name',
      'GET /downloads/release.json',
      'GET /downloads/release.txt',
      'GET /healthz',
      'GET /install.ps1',
      'GET /install.sh',
      'GET /metrics',
      'GET /readyz',
      'POST /agent/v1/artifacts',
      'POST /agent/v1/enrol',
      'POST /agent/v1/leave',
    ]);
    expect((await server.stranger.send('GET', `/agent/v1/plugins/${'0'.repeat(64)}`)).status).toBe(401);
  });
});

async function lint(file: string): Promise<{ code: number | null; faults: string }> {
  const child = spawn(process.execPath, [join(root, 'node_modules/@redocly/cli/bin/cli.js'), 'lint', file, '--format=stylish'], {
    cwd: root,
    env: { ...process.env, NODE_OPTIONS: '', REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, faults: code === 0 ? '' : output };
}
