import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Release, ReleaseFile } from '../../shared/release.ts';
import { type ReleaseServer, startReleaseServer } from '../../tests/support/release-server.ts';
import { systemClock } from '../clock.ts';
import { executableName } from './installation.ts';
import { obtainExecutable, removeOthers } from './obtain-executable.ts';

const runs = '#!/bin/sh\ncase $1 in --version) echo "muster-agent 2.0.0 (abc)" ;; esac\n';

// shell scripts stand in for executables
(process.platform === 'win32' ? describe.skip : describe)('the executable of an update', () => {
  let root: string;
  let folder: string;
  let server: ReleaseServer;
  const own = 'muster-agent-1.0.0-aaaaaaaaaaaa';

  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), 'muster-obtain-'));
    folder = join(root, 'bin');
    mkdirSync(folder);
    writeFileSync(join(folder, own), 'own');
    server = await startReleaseServer();
  });
  afterEach(async () => {
    await server.close();
    rmSync(root, { recursive: true, force: true });
  });

  const nameOf = (release: Release): string => executableName(release, fileOf(release), false);
  const obtain = (release: Release, installation = { folder, name: own }) =>
    obtainExecutable(fileOf(release), nameOf(release), {
      installation,
      dir: root,
      ask: server.ask,
      signal: new AbortController().signal,
      onProgress: () => {},
      clock: systemClock,
      random: () => 0,
    });

  it.each([[['gzip'] as const], [['zstd'] as const], [['gzip', 'zstd'] as const], [[] as const]])(
    'is put beside the one that runs, packed as %j',
    async (encodings) => {
      const release = server.publish('2.0.0', runs + '#'.repeat(100_000), encodings);
      await obtain(release);
      expect(readdirSync(folder).sort()).toEqual(['.updating', own, nameOf(release)].sort());
      expect(readdirSync(join(folder, '.updating'))).toEqual([]);
      expect(statSync(join(folder, nameOf(release))).mode & 0o777).toBe(0o755);
      const smallest = [...fileOf(release).downloads, fileOf(release)].reduce((a, b) => (b.bytes < a.bytes ? b : a));
      expect(server.asked.map(({ path }) => path)).toEqual([`/downloads/${smallest.name}`]);
    },
  );

  it('is not downloaded when it is there already, and anew when what is there is half of it', async () => {
    const release = server.publish('2.0.0', runs);
    await obtain(release);
    await obtain(release);
    expect(server.asked).toHaveLength(1);
    writeFileSync(join(folder, nameOf(release)), runs.slice(0, 20));
    await obtain(release);
    expect(server.asked).toHaveLength(2);
    expect(readFileSync(join(folder, nameOf(release)), 'utf8')).toBe(runs);
  });

  it('is refused when what was packed is another one than the release says', async () => {
    const right = server.publish('2.0.0', runs + '#'.repeat(10_000));
    const wrong = server.publish('2.0.0', `${runs}${'#'.repeat(10_000)} and more\n`);
    const mixed = { ...fileOf(wrong), bytes: fileOf(right).bytes, sha256: fileOf(right).sha256 };
    await expect(obtain({ ...wrong, files: [mixed] })).rejects.toThrow('is longer than the release says');
    const sameSize = { ...fileOf(wrong), sha256: fileOf(right).sha256 };
    await expect(obtain({ ...wrong, files: [sameSize] })).rejects.toThrow('is not the one that the release says');
    expect(readdirSync(folder).sort()).toEqual(['.updating', own]);
    expect(readdirSync(join(folder, '.updating')).filter((name) => name === 'executable')).toEqual([]);
  });

  it.each([
    ['#!/bin/sh\necho "no libc" >&2; exit 127\n', 'The new executable does not run on this host: no libc.'],
    ['#!/bin/sh\necho "another program"\n', 'The new executable does not run on this host: another program.'],
    ['not a program\0', 'The new executable does not run on this host: '],
    [
      runs.replace('esac', 'check) echo "slots is too large."; exit 2 ;; esac'),
      'The new agent cannot start with the settings of this host: slots is too large.',
    ],
  ])('is refused, and removed, when it does not run here (%#)', async (text, sentence) => {
    const release = server.publish('2.0.0', text);
    await expect(obtain(release)).rejects.toThrow(sentence);
    expect(readdirSync(folder).sort()).toEqual(['.updating', own]);
  });

  it('is one of two, when it has become healthy', async () => {
    for (const name of ['muster-agent-0.8.0-cccccccccccc', 'muster-agent-0.9.0-dddddddddddd', 'muster-agent', 'start-agent'])
      writeFileSync(join(folder, name), '');
    mkdirSync(join(folder, '.updating'));
    removeOthers({ folder }, [own, 'muster-agent-0.9.0-dddddddddddd']);
    expect(readdirSync(folder).sort()).toEqual(['muster-agent', 'muster-agent-0.9.0-dddddddddddd', own, 'start-agent']);
  });

  const itAsRoot = process.geteuid?.() === 0 ? it : it.skip;
  itAsRoot('is not begun without space for it, and makes some by removing what nobody would go back to', async () => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=7m', 'tmpfs', folder]);
    try {
      writeFileSync(join(folder, own), 'own');
      const old = join(folder, 'muster-agent-0.9.0-dddddddddddd');
      writeFileSync(old, Buffer.alloc(2_500_000));
      const release = server.publish('2.0.0', runs + '#'.repeat(1_000_000));
      await obtain(release);
      expect(readdirSync(folder).sort()).toEqual(['.updating', own, nameOf(release)].sort());
      const large = server.publish('2.0.1', runs + '#'.repeat(6_000_000));
      await expect(obtain(large)).rejects.toThrow(/There is no space in .*: 11 MB are needed and \d MB free\./);
      expect(server.asked).toHaveLength(1);
    } finally {
      execFileSync('umount', [folder]);
    }
  });
});

function fileOf({ files }: Release): ReleaseFile {
  const [file] = files;
  if (file === undefined) throw new Error('The release has no file.');
  return file;
}
