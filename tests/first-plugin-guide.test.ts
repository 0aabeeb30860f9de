import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type System, startSystem } from './support/system.ts';

/**
 * docs/guides/first-plugin.md, step by step as a reader does it: files are written where it says "Put this into", commands are run, and what
 * it shows is what they print. Only the installation and the start of the server are done in another way.
 */
const root = fileURLToPath(new URL('..', import.meta.url));
const guide = readFileSync(join(root, 'docs/guides/first-plugin.md'), 'utf8');

let system: System;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'muster-guide-'));
  mkdirSync(join(folder, 'bin'));
  writeFileSync(join(folder, 'bin/npx'), `#!/bin/sh\nshift\nexec "${process.execPath}" "${root}bin/muster.js" "$@"\n`);
  chmodSync(join(folder, 'bin/npx'), 0o755);
  system = await startSystem();
  await system.startAgent('here');
});
afterAll(async () => {
  await system?.dispose();
  rmSync(folder, { recursive: true, force: true });
});

type Step = { readonly language: string; readonly text: string; readonly into: string | undefined };

/** The blocks of the guide, each with the file into which the words before it put it. */
const steps: Step[] = [...guide.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map((match) => {
  const before = guide.slice(0, match.index).split('```').at(-1) ?? '';
  return { language: match[1] ?? '', text: match[2] ?? '', into: [...before.matchAll(/Put this into\s+`([^`]+)`/g)].at(-1)?.[1] };
});

function perform(commands: string): string {
  const { server, token } = { server: system.server().url, token: system.server().token };
  const env = {
    ...process.env,
    PATH: `${join(folder, 'bin')}:${process.env.PATH}`,
    MUSTER_SERVER: server,
    MUSTER_TOKEN: token,
    NO_COLOR: '1',
  };
  const { status, stdout } = spawnSync('bash', ['-e', '-c', `exec 2>&1\n${commands}`], { cwd: folder, env, encoding: 'utf8' });
  expect({ commands, status, stdout: status === 0 ? '' : stdout }).toEqual({ commands, status: 0, stdout: '' });
  return stdout;
}

/** Hashes, sizes and times differ from machine to machine. */
const steady = (text: string): string =>
  text
    .replace(/\b[0-9a-f]{12}\b/g, 'x'.repeat(12))
    .replace(/\d+(\.\d+)? (ms|s)\b/g, 'N ms')
    .replace(/\d+(\.\d+)? (B|KiB)\b/g, 'N KiB')
    .trimEnd();

it('is true, word for word', () => {
  let printed = '';
  for (const { language, text, into } of steps) {
    if (language === 'sh') printed = perform(text);
    else if (language === 'text') expect(steady(printed)).toBe(steady(text));
    else if (language === 'python' || language === 'json') {
      expect(into).toBeDefined();
      mkdirSync(dirname(join(folder, into ?? '')), { recursive: true });
      writeFileSync(join(folder, into ?? ''), text);
    } else expect(language).toBe('console');
  }
  expect(perform('npx muster run --on ALL --plugin disk-report --args \'{"most": 100}\'')).toMatch(/^looked at \/\n/);
}, 120_000);
