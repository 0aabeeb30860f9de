import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemdImage } from './systemd-host.ts';

/** The system of the image with what is done to it on top, in memory, so that it can be booted more than once. Takes root. */
export type LastingTree = { readonly root: string; close(): void };

export function makeLastingTree(): LastingTree {
  const folder = mkdtempSync(join(tmpdir(), 'muster-tree-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2g', 'tmpfs', folder]);
  const [upper, work, root] = ['upper', 'work', 'root'].map((name) => join(folder, name)) as [string, string, string];
  for (const each of [upper, work, root]) mkdirSync(each);
  execFileSync('mount', ['-t', 'overlay', '-o', `lowerdir=${systemdImage},upperdir=${upper},workdir=${work}`, 'overlay', root]);
  return {
    root,
    close() {
      for (const each of [root, folder]) execFileSync('umount', [each]);
      rmSync(folder, { recursive: true });
    },
  };
}
