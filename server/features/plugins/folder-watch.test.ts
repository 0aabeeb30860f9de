import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync, watch, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { eventually } from '../../../tests/support/eventually.ts';
import { systemClock } from '../../platform/clock.ts';
import { type FolderWatch, watchFolder } from './folder-watch.ts';

let root: string;
let following: FolderWatch | undefined;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'muster-watch-'));
});
afterEach(async () => {
  await following?.stop();
  rmSync(root, { recursive: true });
});

/** Resolves when the system has told this process that the folder itself went. */
function gone(dir: string): Promise<void> {
  return new Promise((resolve) => {
    const watcher = watch(dir, { recursive: true }, (_event, path) => {
      if (path !== '') return;
      watcher.close();
      resolve();
    });
  });
}

it('follows a folder that went while it was read, and was back before the next look', async () => {
  const dir = join(root, 'plugins');
  mkdirSync(dir);
  let reads = 0;
  following = watchFolder({
    dir,
    clock: systemClock,
    log: pino({ level: 'silent' }),
    async onChange() {
      reads += 1;
      if (reads !== 1) return true;
      const isGone = gone(dir);
      renameSync(dir, `${dir}-away`);
      await isGone;
      renameSync(`${dir}-away`, dir);
      return false;
    },
  });
  await eventually('it is read again', () => reads >= 2);
  const before = reads;
  writeFileSync(join(dir, 'q.py'), '');
  await eventually('the new file is seen', () => reads > before);
});

/** A user namespace in which nothing may be watched. */
const unwatchable = ['-U', '-r', 'sh', '-c', 'echo 0 > /proc/sys/user/max_inotify_instances && exec "$@"', 'sh'];
const canForbid = spawnSync('unshare', [...unwatchable, 'true']).status === 0;
const skipped = canForbid ? '' : ' (SKIPPED: this user may make no user namespace)';

(canForbid ? it : it.skip)(
  `follows a folder that the system does not let it watch, by looking at it${skipped}`,
  async () => {
    const dir = join(root, 'plugins');
    mkdirSync(dir);
    const urlOf = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);
    const program = `
    const { watchFolder } = await import(${urlOf('./folder-watch.ts')});
    const { systemClock } = await import(${urlOf('../../platform/clock.ts')});
    const log = { warn: (fields, text) => console.log(text), error() {} };
    let reads = 0;
    const onChange = async () => { reads += 1; if (reads === 3) process.exit(); return true; };
    watchFolder({ dir: ${JSON.stringify(dir)}, clock: systemClock, log, onChange });
  `;
    const words = [...unwatchable, process.execPath, '--input-type=module', '-e', program];
    const { stdout } = await promisify(execFile)('unshare', words, { timeout: 15_000 });
    expect(stdout).toContain('cannot be watched; it is looked at every second or so');
  },
  20_000,
);

it('follows a folder that was away between two looks only', async () => {
  const dir = join(root, 'plugins');
  mkdirSync(dir);
  let reads = 0;
  following = watchFolder({
    dir,
    clock: systemClock,
    log: pino({ level: 'silent' }),
    async onChange() {
      reads += 1;
      return true;
    },
  });
  await eventually('it is read', () => reads === 1);
  const isGone = gone(dir);
  renameSync(dir, `${dir}-away`);
  await isGone;
  renameSync(`${dir}-away`, dir);
  await eventually('it is read again', () => reads >= 2);
  const before = reads;
  writeFileSync(join(dir, 'q.py'), '');
  await eventually('the new file is seen', () => reads > before);
});
