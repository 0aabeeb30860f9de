import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { claimDataFolder } from './data-folder.ts';

let parent: string;
let path: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'muster-folder-'));
  path = join(parent, 'deep', 'data');
});
afterEach(() => rm(parent, { recursive: true, force: true }));

test('a folder that is missing is made, for its owner alone', async () => {
  (await claimDataFolder(path)).release();
  expect((await stat(path)).mode & 0o777).toBe(0o700);
});

test('what cannot be a folder is told of by the setting at fault', async () => {
  await writeFile(join(parent, 'file'), '');
  const refusal = { code: 'field_invalid', message: expect.stringMatching(/\(MUSTER_DATA_DIR\) cannot be written: /) };
  await expect(claimDataFolder(join(parent, 'file'))).rejects.toMatchObject(refusal);
  await expect(claimDataFolder(join(parent, 'file', 'data'))).rejects.toMatchObject(refusal);
});

test('a folder that exists keeps its mode', async () => {
  await mkdir(path, { recursive: true });
  const { mode } = await stat(path);
  (await claimDataFolder(path)).release();
  expect((await stat(path)).mode).toBe(mode);
});

test('a claimed folder is refused until it is released, and releasing twice is fine', async () => {
  const folder = await claimDataFolder(path);
  await expect(claimDataFolder(path)).rejects.toMatchObject({
    code: 'state_conflict',
    message: expect.stringContaining(`process ${process.pid}`),
  });
  folder.release();
  folder.release();
  (await claimDataFolder(path)).release();
});

test('a folder that another process holds is refused with its id, and is free when that process was killed', async () => {
  const program = `
    const { claimDataFolder } = await import(${JSON.stringify(new URL('./data-folder.ts', import.meta.url).href)});
    await claimDataFolder(process.argv[1]);
    console.log('claimed');
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
    cwd: fileURLToPath(new URL('.', import.meta.url)),
  });
  const ended = once(child, 'close');
  try {
    await once(child.stdout, 'data');
    await expect(claimDataFolder(path)).rejects.toMatchObject({
      message: expect.stringContaining(`in use by the process ${child.pid}`),
    });
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
  (await claimDataFolder(path)).release();
});
