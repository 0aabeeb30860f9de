import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

const main = fileURLToPath(new URL('../main.ts', import.meta.url));
let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'muster cli '));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const muster = (...args: string[]) =>
  spawn(process.execPath, [main, ...args], {
    cwd: dir,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH ?? '' },
  });

const ended = (child: ReturnType<typeof muster>): Promise<number | null> =>
  new Promise((resolve) => child.once('close', resolve));

describe('muster server', () => {
  test('prints one JSON line when it is ready, passes its flags on, and ends in order when it is told to', async () => {
    const child = muster('server', '--json', '--port', '0', '--data-dir', 'da ta', '--plugins-dir', 'none');
    const end = ended(child);
    let out = '';
    child.stderr.resume();
    await new Promise<void>((resolve, reject) => {
      child.stdout.on('data', (bytes: Buffer) => {
        out += bytes.toString();
        if (out.endsWith('\n')) resolve();
      });
      child.once('close', () => reject(new Error('it ended before it was ready')));
    });
    const ready = JSON.parse(out) as { url: string; signInUrl: string; tokenFile: string };
    expect(ready).toMatchObject({
      type: 'ready',
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      tokenFile: join(dir, 'da ta', 'admin.token'),
    });
    expect(readFileSync(ready.tokenFile, 'utf8')).toMatch(/^mst_/);
    expect((await fetch(`${ready.url}/healthz`)).status).toBe(200);
    child.kill('SIGTERM');
    expect(await end).toBe(0);
  });

  test('passes on why it does not start, and its exit code', async () => {
    const child = muster('server', '--port', 'many');
    let err = '';
    child.stderr.on('data', (bytes: Buffer) => {
      err += bytes.toString();
    });
    child.stdout.resume();
    expect(await ended(child)).toBe(1);
    expect(err).toMatch(/^muster server: --port must be a whole number/);
  });
});

test('muster agent passes on why it does not start, and its exit code', async () => {
  const child = muster('agent', '--server', 'http://127.0.0.1:1', '--dir', 'ag ent');
  let err = '';
  child.stderr.on('data', (bytes: Buffer) => {
    err += bytes.toString();
  });
  child.stdout.resume();
  expect(await ended(child)).toBe(78);
  expect(err).toMatch(/MUSTER_JOIN_TOKEN/);
});
