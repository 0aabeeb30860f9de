import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { eventually } from '../../tests/support/eventually.ts';
import { nodeFlags } from './entries.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'muster-cli-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** A parent that starts a child, and a child that writes down how it was asked to end. */
const childSource = (file: string): string => `
  import { writeFileSync } from 'node:fs';
  process.on('SIGTERM', () => { writeFileSync(${JSON.stringify(file)}, 'in order'); process.exit(); });
  setInterval(() => {}, 1000);
  process.send('up');
`;
const parentSource = (child: string): string => `
  import { spawn } from 'node:child_process';
  const child = spawn(process.execPath, ${JSON.stringify([...nodeFlags, child])}, { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  child.on('message', () => process.stdout.write('up'));
`;

test('a process whose parent is killed ends in order', async () => {
  const [child, parent, end] = ['child.mjs', 'parent.mjs', 'end'].map((name) => join(dir, name)) as [string, string, string];
  writeFileSync(child, childSource(end));
  writeFileSync(parent, parentSource(child));
  const process_ = spawn(process.execPath, [parent], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((resolve) => process_.stdout.once('data', resolve));
  process_.kill('SIGKILL');
  await eventually('the child has ended in order', () => existsSync(end) && readFileSync(end, 'utf8') === 'in order');
});

test('a process that has nothing left to do is not kept alive by it', async () => {
  const script = join(dir, 'short.mjs');
  writeFileSync(script, '');
  const child = spawn(process.execPath, [...nodeFlags, script], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(0);
});
