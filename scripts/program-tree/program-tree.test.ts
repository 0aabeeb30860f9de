import { existsSync, mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { writeStandInRelease } from '../../tests/support/stand-in-release.ts';
import { agentFiles, builtAgents } from './agent-files.ts';
import { packageFiles } from './package-files.ts';
import { programFiles } from './program-files.ts';
import { putTree } from './put-tree.ts';
import { fileEntry, type TreeEntry, textEntry } from './tree-entry.ts';

const root = resolve(import.meta.dirname, '../..');
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'muster-tree-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const paths = (entries: readonly TreeEntry[]): string[] => entries.map(({ path }) => path);

describe('the files of the program', () => {
  const found = programFiles(root);

  it('are its parts without their tests, and the scripts keep that they are programs', () => {
    expect(paths(found)).toEqual(
      expect.arrayContaining(['setup_server.sh', 'bin/muster.js', 'plugins/create_incident.py', 'docs/setup.md']),
    );
    expect(paths(found).filter((path) => /\.test\.|^tests\/|^bench\//.test(path))).toEqual([]);
    const programs = found.filter((entry) => entry.kind === 'file' && entry.isExecutable).map(({ path }) => path);
    expect(programs).toEqual(expect.arrayContaining(['setup_server.sh', 'setup_client.sh', 'bin/muster.js']));
    expect(programs).not.toContain('README.md');
  });

  it('import nothing that is not among them', () => {
    const all = new Set(paths(found));
    const missing = paths(found)
      .filter((path) => path.endsWith('.ts') && !path.startsWith('plugins/'))
      .flatMap((path) =>
        [...readFileSync(join(root, path), 'utf8').matchAll(/ from '(\.[^'$]+)'/g)].map(([, target = '']) =>
          join(dirname(path), target),
        ),
      )
      .filter((path) => !all.has(path) && !path.endsWith('.d.ts'));
    expect([...new Set(missing)]).toEqual([]);
  });
});

describe('the files of the packages', () => {
  it('are those of the platform, with the licence of each package', () => {
    const found = paths(packageFiles(root, 'windows-x64'));
    expect(found.filter((path) => path.includes('prebuilds/'))).toEqual(['node_modules/better-sqlite3/prebuilds/win32-x64.node']);
    expect(
      found.filter((path) => /node_modules\/(node-linux|node-win|@lydell\/node-pty-linux|typescript|jest)/.test(path)),
    ).toEqual([]);
    expect(found).toEqual(
      expect.arrayContaining(['node_modules/uplot/LICENSE', 'node_modules/@tabler/icons/icons/outline/x.svg']),
    );
  });
});

describe('the executables of the agent', () => {
  it('go along in the one form that every host can unpack', () => {
    writeStandInRelease(folder);
    const built = builtAgents(folder);
    expect(paths(agentFiles(folder))).toEqual([
      'dist/agents/release.json',
      ...(built?.files ?? []).map(({ name }) => `dist/agents/${name}.gz`),
    ]);
    expect(agentFiles(join(folder, 'none'))).toEqual([]);
  });
});

describe('a tree that is put in its place', () => {
  const place = (): string => join(folder, 'opt', 'muster');
  const read = (path: string): string => readFileSync(join(place(), path), 'utf8');

  it('has the modes that it should, whatever the umask', async () => {
    const file = join(folder, 'source');
    writeFileSync(file, 'from a file', { mode: 0o600 });
    const before = process.umask(0o077);
    try {
      mkdirSync(dirname(place()));
      await putTree(
        [fileEntry('a/b/file', file), textEntry('run', 'x', true), { kind: 'link', path: 'link', target: 'run' }],
        place(),
      );
    } finally {
      process.umask(before);
    }
    const mode = (path: string): number => statSync(join(place(), path)).mode & 0o777;
    expect([mode('.'), mode('a'), mode('a/b'), mode('a/b/file'), mode('run')]).toEqual([0o755, 0o755, 0o755, 0o644, 0o755]);
    expect([read('a/b/file'), readlinkSync(join(place(), 'link'))]).toEqual(['from a file', 'run']);
  });

  it('takes the place of the one before it, of which own plugins stay, and goes on from a copy that was cut off', async () => {
    mkdirSync(dirname(place()));
    await putTree([textEntry('plugins/shipped.sh', 'old'), textEntry('gone', '')], place());
    writeFileSync(join(place(), 'plugins/own.sh'), 'mine');
    mkdirSync(`${place()}.new/half`, { recursive: true });
    await putTree([textEntry('plugins/shipped.sh', 'new')], place());
    expect([read('plugins/shipped.sh'), read('plugins/own.sh')]).toEqual(['new', 'mine']);
    expect([existsSync(join(place(), 'gone')), existsSync(`${place()}.new`)]).toEqual([false, false]);
    expect(readFileSync(`${place()}.before/plugins/shipped.sh`, 'utf8')).toBe('old');
  });
});
