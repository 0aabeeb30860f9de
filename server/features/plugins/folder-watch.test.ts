import { mkdirSync, mkdtempSync, renameSync, rmSync, watch, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, it } from '@jest/globals';
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
