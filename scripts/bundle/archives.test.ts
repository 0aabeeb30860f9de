import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { isThere } from '../../tests/support/shells.ts';
import { inOrder, type TreeEntry, textEntry } from '../program-tree/tree-entry.ts';
import { tarOf } from './tar.ts';
import { zipOf } from './zip.ts';

const shape = { folder: 'muster-1.0.0', time: 1_700_000_000 };
const long = `a-long-folder/${'b'.repeat(60)}/${'c'.repeat(60)}/file.txt`;
let folder: string;
let files: TreeEntry[];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'muster-archives-'));
  const binary = Buffer.from(Array.from({ length: 70_000 }, (_, index) => (index * index) % 251));
  writeFileSync(join(folder, 'binary'), binary);
  files = inOrder([
    textEntry('run', '#!/bin/sh\necho hello\n', true),
    textEntry('empty', ''),
    textEntry(long, 'x'.repeat(512)),
    textEntry('Grüße.txt', 'ä\n'),
    { kind: 'file', path: 'bin/binary', isExecutable: false, content: { file: join(folder, 'binary') } },
  ]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function whole(pieces: AsyncIterable<Buffer>): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const piece of pieces) all.push(piece);
  return Buffer.concat(all);
}

/** As some other program has unpacked it. */
function expectUnpacked(at: string): void {
  const top = join(at, shape.folder);
  expect(execFileSync(join(top, 'run'), { encoding: 'utf8' })).toBe('hello\n');
  expect(statSync(join(top, 'empty')).size).toBe(0);
  expect(statSync(join(top, 'empty')).mode & 0o777).toBe(0o644);
  expect(readFileSync(join(top, long), 'utf8')).toBe('x'.repeat(512));
  expect(readFileSync(join(top, 'Grüße.txt'), 'utf8')).toBe('ä\n');
  expect(readFileSync(join(top, 'bin/binary')).equals(readFileSync(join(folder, 'binary')))).toBe(true);
}

const itWith = (program: string) => (isThere(program) ? it : it.skip);
const skipped = (program: string): string => (isThere(program) ? '' : ` (NOT TESTED: there is no ${program})`);

describe('a tar archive', () => {
  itWith('tar')(`is unpacked by tar${skipped('tar')}`, async () => {
    const at = join(folder, 'tar');
    mkdirSync(at);
    const link: TreeEntry = { kind: 'link', path: 'a-link', target: 'bin/binary' };
    writeFileSync(`${at}.tar`, await whole(tarOf([link, ...files], shape)));
    execFileSync('tar', ['-xf', `${at}.tar`, '-C', at]);
    expectUnpacked(at);
    expect(readlinkSync(join(at, shape.folder, 'a-link'))).toBe('bin/binary');
    expect(statSync(join(at, shape.folder, 'run')).mtimeMs).toBe(shape.time * 1000);
  });

  it('has the same bytes each time, and refuses a path that it cannot hold', async () => {
    expect((await whole(tarOf(files, shape))).equals(await whole(tarOf(files, shape)))).toBe(true);
    await expect(whole(tarOf([textEntry('d'.repeat(200), '')], shape))).rejects.toThrow('is too long for an archive');
  });
});

describe('a zip archive', () => {
  itWith('unzip')(`is found sound and unpacked by unzip${skipped('unzip')}`, async () => {
    const at = join(folder, 'zip');
    writeFileSync(`${at}.zip`, await whole(zipOf(files, { ...shape, level: 9 })));
    execFileSync('unzip', ['-q', `${at}.zip`, '-d', at]);
    expectUnpacked(at);
  });

  itWith('python3')(`is found sound by Python${skipped('python3')}`, async () => {
    const file = join(folder, 'sound.zip');
    writeFileSync(file, await whole(zipOf(files, { ...shape, level: 1 })));
    const script =
      'import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); print(z.testzip(), len(z.namelist()), z.infolist()[0].date_time[:3])';
    expect(execFileSync('python3', ['-c', script, file], { encoding: 'utf8' })).toBe('None 5 (2023, 11, 14)\n');
  });

  it('has the same bytes each time, and refuses a link', async () => {
    const pack = () => whole(zipOf(files, { ...shape, level: 9 }));
    expect((await pack()).equals(await pack())).toBe(true);
    await expect(whole(zipOf([{ kind: 'link', path: 'a', target: 'b' }], { ...shape, level: 9 }))).rejects.toThrow('cannot hold');
  });
});
