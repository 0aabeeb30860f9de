import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { makeBuildFolder } from './build-folder.ts';

let out: string;
beforeEach(() => {
  out = mkdtempSync(join(tmpdir(), 'muster-build-'));
});
afterEach(() => rmSync(out, { recursive: true, force: true }));

it('a build removes what killed builds left, and nothing of another that is under way or of a release', async () => {
  const ended = spawnSync(process.execPath, ['-e', '']).pid;
  for (const name of ['.building-Xy12ab', `.building-${ended}-Xy12ab`, `.building-${process.pid}-Xy12ab`]) {
    mkdirSync(join(out, name));
    writeFileSync(join(out, name, 'muster-agent-linux-x64'), 'half');
  }
  writeFileSync(join(out, 'release.json'), '{}');
  const folder = await makeBuildFolder(out);
  expect(readdirSync(out).sort()).toEqual([`.building-${process.pid}-Xy12ab`, basename(folder), 'release.json'].sort());
});
