import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { compiledAgent } from './support/compiled-agent.ts';
import type { SeenSession } from './support/pty-session.ts';

const run = promisify(execFile);
const program = resolve(import.meta.dirname, 'support/pty-session.ts');
const whyNoTerminal = process.platform === 'linux' ? '' : ' (NOT TESTED: this takes Linux)';
const whyNotCompiled =
  compiledAgent === undefined
    ? ' (NOT TESTED: there is no executable here; npm run build:agent -- --quick makes it)'
    : whyNoTerminal;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(realpathSync(tmpdir()), 'muster-terminal-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** @param node what runs the program: Node, or the executable, which stands where Node would */
async function session(node: string, agentFolder = folder): Promise<SeenSession> {
  const { stdout } = await run(node, [program, agentFolder], { env: { PATH: process.env.PATH }, timeout: 15_000 });
  return JSON.parse(stdout) as SeenSession;
}

/** The terminal repeats what is typed; `stty` tells its size before and after it was made larger. */
const wholeSession = {
  output: ['24 80', 'hello', 'got hello', '40 100', ''].join('\r\n'),
  code: 7,
  signal: 0,
  loadedBefore: [],
  isLoadedOnce: true,
};

(whyNoTerminal === '' ? describe : describe.skip)(`the native part of the terminal, from source${whyNoTerminal}`, () => {
  it('runs a session of bash, and is loaded from its package when it is asked for', async () => {
    const seen = await session(process.execPath);
    expect(seen).toMatchObject({ ...wholeSession, inFolder: [] });
    expect(seen.loaded).toEqual([expect.stringMatching(/node_modules\/@lydell\/node-pty-linux-\w+\/pty\.node$/)]);
  });
});

(whyNotCompiled === '' ? describe : describe.skip)(`the native part of the terminal, in the executable${whyNotCompiled}`, () => {
  const executable = compiledAgent ?? '';

  it('runs a session of bash, and is loaded when it is asked for from a file that is gone at once', async () => {
    const seen = await session(executable);
    expect(seen).toMatchObject({ ...wholeSession, inFolder: [] });
    expect(seen.loaded).toHaveLength(1);
    expect(seen.loaded[0]?.startsWith(`${folder}/`)).toBe(true);
    expect(seen.loaded[0]?.endsWith('/pty.node (deleted)')).toBe(true);
  });

  it('removes what an agent left that was killed in the middle, and nothing else', async () => {
    mkdirSync(join(folder, '.native-part-Xy12ab'));
    writeFileSync(join(folder, '.native-part-Xy12ab', 'pty.node'), 'half');
    writeFileSync(join(folder, 'agent.key'), '');
    expect((await session(executable)).inFolder).toEqual(['agent.key']);
  });

  it('says what it takes where its file cannot be put', async () => {
    await expect(session(executable, join(folder, 'none'))).rejects.toMatchObject({
      stderr: expect.stringContaining(
        `pty.node cannot be loaded from ${join(folder, 'none')}, which this user must be able to write to`,
      ),
    });
  });
});
