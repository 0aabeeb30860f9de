import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Json } from '../../shared/json.ts';
import { type BundledPlugin, createBundledPlugin } from '../../tests/support/bundled-plugin.ts';

const isRoot = process.geteuid?.() === 0;
let file: BundledPlugin;
let server: Server;
let base: string;
let seen: { url: string | undefined; token: string | undefined }[];
let folder: string;

beforeAll(async () => {
  file = createBundledPlugin(import.meta.dirname);
  server = createServer((request, response) => {
    seen.push({ url: request.url, token: request.headers['x-token'] as string | undefined });
    if (request.url === '/moved') response.writeHead(302, { location: `${base.replace('127.0.0.1', 'localhost')}/tool` }).end();
    else if (request.url === '/round') response.writeHead(302, { location: '/round' }).end();
    else if (request.url?.startsWith('/none')) response.writeHead(404).end('no');
    else if (request.url === '/cut') response.writeHead(200, { 'content-length': '100' }).write('half', () => response.destroy());
    else response.end('hello');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  await file.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});
beforeEach(() => {
  seen = [];
  folder = mkdtempSync(join(tmpdir(), 'muster-file-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const at = (name: string): string => join(folder, name);
const text = (name: string): string => readFileSync(at(name), 'utf8');
const modeOf = (name: string): string => (statSync(at(name)).mode & 0o7777).toString(8);
const sha256 = (of: string): string => createHash('sha256').update(of).digest('hex');
const because = (sentence: string) => ({ outcome: 'failed', message: expect.stringContaining(sentence) });

it('runs its examples', () =>
  file.runExamples((example) => {
    const here = JSON.stringify(example)
      .replaceAll('/tmp/muster-examples', folder)
      .replace('https://downloads.example.com', base);
    return JSON.parse(here) as Json;
  }));

describe('write', () => {
  it('makes a file, then leaves it alone for as long as it is as it should be', async () => {
    const args = { path: at('a/b/motd'), content: 'Grüße\n', mode: '0640', createParents: true };
    expect(await file.run(args, 'write')).toMatchObject({ outcome: 'succeeded', data: { changed: true, bytes: 8 } });
    const { ino, mtimeMs } = statSync(at('a/b/motd'));
    expect(await file.run(args, 'write')).toMatchObject({
      message: `${at('a/b/motd')} is as it should be.`,
      data: { changed: false },
    });
    expect(statSync(at('a/b/motd'))).toMatchObject({ ino, mtimeMs });
    expect([text('a/b/motd'), modeOf('a/b/motd'), readdirSync(at('a/b'))]).toEqual(['Grüße\n', '640', ['motd']]);
  });

  it('keeps mode and a copy of the old one, and changes a mode alone', async () => {
    writeFileSync(at('x'), 'old');
    chmodSync(at('x'), 0o751);
    const { data } = await file.run({ path: at('x'), content: 'new', backup: true }, 'write');
    const { backup } = data as { backup: string };
    expect([text('x'), modeOf('x'), readFileSync(backup, 'utf8'), statSync(backup).mode & 0o777]).toEqual([
      'new',
      '751',
      'old',
      0o751,
    ]);
    const { ino } = statSync(at('x'));
    expect(await file.run({ path: at('x'), content: 'new', mode: '600' }, 'write')).toMatchObject({ data: { changed: true } });
    expect([statSync(at('x')).ino, modeOf('x')]).toEqual([ino, '600']);
  });

  it('shows in a dry run what would change', async () => {
    writeFileSync(at('x'), 'a\nb\nc\n');
    const end = await file.run({ path: at('x'), content: 'a\nB\nc\n', dryRun: true }, 'write');
    expect(end).toMatchObject({ data: { changed: true, dryRun: true, summary: '@ line 2\n- b\n+ B' } });
    expect([end.log, text('x')]).toEqual(['@ line 2\n- b\n+ B\n', 'a\nb\nc\n']);
  });

  it('replaces in one step: whoever has the old file open reads the old file', async () => {
    writeFileSync(at('x'), 'old');
    const { ino } = statSync(at('x'));
    await file.run({ path: at('x'), base64: 'AAEC' }, 'write');
    expect([readFileSync(at('x')), statSync(at('x')).ino === ino]).toEqual([Buffer.from([0, 1, 2]), false]);
  });

  it('follows a link only when it is told to', async () => {
    writeFileSync(at('real'), 'old');
    symlinkSync('real', at('link'));
    symlinkSync('nowhere', at('broken'));
    expect(await file.run({ path: at('link'), content: 'x' }, 'write')).toMatchObject(
      because('is a symbolic link: set `followLinks`'),
    );
    expect(await file.run({ path: at('broken'), content: 'x', followLinks: true }, 'write')).toMatchObject(
      because('leads nowhere'),
    );
    expect(await file.run({ path: at('link'), content: 'new', followLinks: true }, 'write')).toMatchObject({
      outcome: 'succeeded',
    });
    expect([text('real'), lstatSync(at('link')).isSymbolicLink()]).toEqual(['new', true]);
  });

  it('says what is in the way', async () => {
    mkdirSync(at('dir'));
    writeFileSync(at('plain'), '');
    execFileSync('mkfifo', [at('pipe')]);
    const write = (more: Record<string, Json>) => file.run({ content: 'x', ...more }, 'write');
    expect(await write({ path: at('dir') })).toMatchObject(because('is a folder, not a file'));
    expect(await write({ path: `${at('new')}/` })).toMatchObject(because('names a folder'));
    expect(await write({ path: at('plain/x') })).toMatchObject(because('something on the way to it is a file'));
    expect(await write({ path: at('no/x') })).toMatchObject(because('createParents'));
    expect(await write({ path: at('pipe') })).toMatchObject(because('not a regular file'));
    expect(await write({ path: 'relative' })).toMatchObject(because('relative'));
    expect(await write({ path: at('n'.repeat(300)) })).toMatchObject(because('too long'));
    expect(await write({ path: at('x'), mode: '0999' })).toMatchObject(because('octal'));
    expect(await write({ path: at('x'), base64: 'AA' })).toMatchObject(because('either `content` or `base64`'));
    expect(readdirSync(folder).sort()).toEqual(['dir', 'pipe', 'plain']);
  });
});

const canMount = isRoot && mounts();
(canMount ? it : it.skip)(
  `a full disk leaves the old file and nothing else${canMount ? '' : ' (NOT TESTED: this may not mount one)'}`,
  async () => {
    mkdirSync(at('small'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'none', at('small')]);
    try {
      await file.run({ path: at('small/x'), content: 'old' }, 'write');
      const end = await file.run({ path: at('small/x'), content: 'n'.repeat(200_000) }, 'write');
      expect(end).toMatchObject(because('no space is left on its disk; nothing was changed'));
      expect([text('small/x'), readdirSync(at('small'))]).toEqual(['old', ['x']]);
    } finally {
      execFileSync('umount', [at('small')]);
    }
  },
);

function mounts(): boolean {
  const where = mkdtempSync(join(tmpdir(), 'muster-mount-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'none', where], { stdio: 'ignore' });
    execFileSync('umount', [where]);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(where, { recursive: true, force: true });
  }
}

(isRoot ? describe : describe.skip)(`owners${isRoot ? '' : ' (NOT TESTED: this needs root)'}`, () => {
  it('are set by name, and kept when the content changes', async () => {
    const args = { path: at('x'), content: '1', owner: 'nobody', group: 'daemon', mode: '0600' };
    const nobody = Number(execFileSync('id', ['-u', 'nobody'], { encoding: 'utf8' }));
    expect(await file.run(args, 'write')).toMatchObject({ outcome: 'succeeded', data: { changed: true } });
    expect(await file.run(args, 'write')).toMatchObject({ data: { changed: false } });
    await file.run({ path: at('x'), content: '2' }, 'write');
    expect(statSync(at('x'))).toMatchObject({ uid: nobody, gid: 1 });
    expect(await file.run({ ...args, owner: 'no-such-user' }, 'write')).toMatchObject(because('There is no user no-such-user'));
    expect(await file.run({ ...args, group: 'no-such-group' }, 'write')).toMatchObject(
      because('There is no group no-such-group'),
    );
  });

  it('of a folder change, too', async () => {
    mkdirSync(at('dir'));
    expect(await file.run({ path: at('dir'), owner: 'nobody', mode: '0700' }, 'mode')).toMatchObject({ data: { changed: true } });
    expect(await file.run({ path: at('dir'), owner: 'nobody', mode: '0700' }, 'mode')).toMatchObject({
      data: { changed: false },
    });
    chownSync(at('dir'), 0, 0);
  });
});

(isRoot ? it.skip : it)(`without root, permissions are told${isRoot ? ' (NOT TESTED: this runs as root)' : ''}`, async () => {
  mkdirSync(at('closed'), { mode: 0o500 });
  expect(await file.run({ path: at('closed/x'), content: 'x' }, 'write')).toMatchObject(because('has no permission to'));
  expect(await file.run({ path: at('x'), content: 'x', owner: 'root' }, 'write')).toMatchObject(
    because('only root may give a file away'),
  );
  expect(readdirSync(folder)).toEqual(['closed']);
});

describe('template', () => {
  it('puts values and facts in place, and nothing else', async () => {
    const template = '{{a}} {{ db.host }} \\{{raw}} {{facts.agent}} {{b}}';
    await file.run({ path: at('x'), template, values: { a: '{{b}} $&', b: 0, db: { host: 'h' } } }, 'template');
    expect(text('x')).toBe('{{b}} $& h {{raw}} bench 0');
    writeFileSync(at('form'), '{{n}}');
    expect(await file.run({ path: at('x'), source: at('form'), values: { n: 1 } }, 'template')).toMatchObject({
      data: { changed: true },
    });
    expect(text('x')).toBe('1');
  });

  it('names all that is missing, and runs no code', async () => {
    const run = (template: string) => file.run({ path: at('x'), template, values: { a: { b: 1 } } }, 'template');
    expect(await run('{{one}} {{a.c}} {{a}} {{a.constructor}}')).toMatchObject(because('one, a.c, a, a.constructor'));
    expect(await run('{{ 1 + 1 }}')).toMatchObject(because('not a name'));
    expect(existsSync(at('x'))).toBe(false);
  });
});

describe('line', () => {
  it.each([
    ['is put at the end', 'a\n', { line: 'b' }, 'a\nb\n'],
    ['gets a line end before it', 'a', { line: 'b' }, 'a\nb\n'],
    ['is there already', 'a\nb', { line: 'b' }, 'a\nb'],
    ['takes the place of the last that matches', 'x=1\nx=2\ny\n', { line: 'x=3', matching: '^x=' }, 'x=1\nx=3\ny\n'],
    ['is added when nothing matches', 'y\n', { line: 'x=3', matching: '^x=' }, 'y\nx=3\n'],
    ['comes after another', 'a\nb\n', { line: 'n', after: 'a' }, 'a\nn\nb\n'],
    ['keeps CRLF', 'a\r\nb\r\n', { line: 'c' }, 'a\r\nb\r\nc\r\n'],
    ['is taken out', 'a\nb\na\n', { line: 'a', state: 'absent' }, 'b\n'],
    ['is taken out by a pattern', '#a\nb\n', { matching: '^#', state: 'absent' }, 'b\n'],
    ['is not there to be taken out', 'b', { line: 'a', state: 'absent' }, 'b'],
  ])('%s', async (_what, before, args, after) => {
    writeFileSync(at('x'), before);
    expect(await file.run({ path: at('x'), ...args }, 'line')).toMatchObject({ data: { changed: before !== after } });
    expect(text('x')).toBe(after);
    expect(await file.run({ path: at('x'), ...args }, 'line')).toMatchObject({ data: { changed: false } });
  });

  it('says what is wrong', async () => {
    expect(await file.run({ path: at('x'), line: 'a' }, 'line')).toMatchObject(because('set `create`'));
    expect(await file.run({ path: at('x'), line: 'a', state: 'absent' }, 'line')).toMatchObject({ data: { changed: false } });
    writeFileSync(at('x'), Buffer.from([0xff, 0xfe]));
    expect(await file.run({ path: at('x'), line: 'a' }, 'line')).toMatchObject(because('not text in UTF-8'));
    writeFileSync(at('x'), 'b\n');
    expect(await file.run({ path: at('x'), line: 'a', matching: '(' }, 'line')).toMatchObject(
      because('not a regular expression'),
    );
    expect(await file.run({ path: at('x'), line: 'a', after: 'z' }, 'line')).toMatchObject(because('No line of the file is "z"'));
    expect(existsSync(at('x'))).toBe(true);
  });
});

describe('fetch', () => {
  const fetch = (more: Record<string, Json>) => file.run({ url: `${base}/tool`, path: at('tool'), ...more }, 'fetch');

  it('fetches once, and again when the file is another', async () => {
    expect(await fetch({ sha256: sha256('hello') })).toMatchObject({
      data: { changed: true, bytes: 5, sha256: sha256('hello') },
    });
    expect(await fetch({ sha256: sha256('hello').toUpperCase() })).toMatchObject({ data: { changed: false } });
    expect(seen).toHaveLength(1);
    expect(await fetch({})).toMatchObject({ data: { changed: false } });
    writeFileSync(at('tool'), 'other');
    expect(await fetch({ mode: '0755' })).toMatchObject({ data: { changed: true } });
    expect([text('tool'), modeOf('tool'), readdirSync(folder)]).toEqual(['hello', '755', ['tool']]);
  });

  it('leaves what is there when the checksum is another, or the download breaks', async () => {
    writeFileSync(at('tool'), 'old');
    expect(await fetch({ sha256: sha256('x') })).toMatchObject(because('not the expected one'));
    expect(await fetch({ maxBytes: 3 })).toMatchObject(because('larger than 3 bytes'));
    expect(await fetch({ url: `${base}/cut` })).toMatchObject(because('could not be fetched'));
    expect(await fetch({ url: `${base}/none?key=secret` })).toMatchObject({ message: `${base}/none answered with status 404.` });
    expect(await fetch({ url: `${base}/round` })).toMatchObject(because('more than 5 redirects'));
    expect([text('tool'), readdirSync(folder)]).toEqual(['old', ['tool']]);
  });

  it('sends headers to nobody else, and shows them to nobody', async () => {
    await fetch({ headers: { 'X-Token': 'sesame' } });
    const end = await fetch({ url: `${base}/moved`, headers: { 'X-Token': 'sesame' }, path: at('other') });
    expect(end).toMatchObject({ outcome: 'succeeded' });
    expect(seen.filter(({ token }) => token !== undefined).map(({ url }) => url)).toEqual(['/tool', '/moved']);
    expect(end.all + end.message).not.toContain('sesame');
  });
});

describe('stat, read and checksum', () => {
  it('tell of a file, a link, and of nothing', async () => {
    writeFileSync(at('x'), 'hello', { mode: 0o604 });
    symlinkSync('x', at('link'));
    expect(await file.run({ path: at('x') }, 'stat')).toMatchObject({
      data: { exists: true, type: 'file', bytes: 5, mode: '0604' },
    });
    expect(await file.run({ path: at('link') }, 'stat')).toMatchObject({ data: { type: 'link', target: 'x' } });
    expect(await file.run({ path: at('none') }, 'stat')).toMatchObject({ outcome: 'succeeded', data: { exists: false } });
  });

  it('read a part, whole code points only, and files of /proc', async () => {
    writeFileSync(at('x'), 'aé€z');
    expect(await file.run({ path: at('x'), maxBytes: 2 }, 'read')).toMatchObject({ data: { content: 'a', cut: true, bytes: 7 } });
    expect(await file.run({ path: at('x'), maxBytes: 3, from: 'end' }, 'read')).toMatchObject({ data: { content: 'z' } });
    expect(await file.run({ path: at('x'), encoding: 'base64' }, 'read')).toMatchObject({
      data: { content: Buffer.from('aé€z').toString('base64'), cut: false },
    });
    expect((await file.run({ path: '/proc/self/stat' }, 'read')).data).toMatchObject({ content: expect.stringMatching(/^\d+ /) });
    writeFileSync(at('bin'), Buffer.from([0, 255]));
    expect(await file.run({ path: at('bin') }, 'read')).toMatchObject(because('set `encoding` to base64'));
    expect(await file.run({ path: folder }, 'read')).toMatchObject(because('is a folder'));
  });

  it('compare checksums', async () => {
    writeFileSync(at('x'), 'hello');
    expect(await file.run({ path: at('x'), expect: sha256('hello') }, 'checksum')).toMatchObject({ outcome: 'succeeded' });
    expect(await file.run({ path: at('x'), expect: sha256('') }, 'checksum')).toMatchObject({
      outcome: 'failed',
      data: { checksum: sha256('hello') },
    });
  });
});

describe('collect', () => {
  it('keeps a copy of the file with the execution', async () => {
    writeFileSync(at('x'), 'hello');
    const { outcome, data, job } = await file.run({ path: at('x'), name: 'of/today' }, 'collect');
    expect({ outcome, data }).toEqual({ outcome: 'succeeded', data: { path: at('x'), bytes: 5, artifact: 'of_today' } });
    expect(readFileSync(join(job.artifacts, 'of_today'), 'utf8')).toBe('hello');
    const status = await file.run({ path: '/proc/self/status' }, 'collect');
    expect(readFileSync(join(status.job.artifacts, 'status'), 'utf8')).toContain('Name:');
  });

  it('refuses what is too large, a folder, and nothing', async () => {
    writeFileSync(at('x'), 'hello');
    expect(await file.run({ path: at('x'), maxBytes: 4 }, 'collect')).toMatchObject(because('has 5 bytes; `maxBytes` allows 4'));
    expect(await file.run({ path: folder }, 'collect')).toMatchObject(because('is a folder'));
    expect(await file.run({ path: at('none') }, 'collect')).toMatchObject({ outcome: 'failed' });
  });
});

describe('remove', () => {
  const remove = (path: string, more: Record<string, Json> = {}) => file.run({ path, ...more }, 'remove');

  it('removes what was said, once', async () => {
    mkdirSync(at('dir/in'), { recursive: true });
    symlinkSync(at('dir'), at('link'));
    expect(await remove(at('link'))).toMatchObject({ data: { changed: true } });
    expect(await remove(at('dir'))).toMatchObject(because('`recursive`'));
    expect(await remove(at('dir'), { recursive: true, dryRun: true })).toMatchObject({ data: { changed: true, dryRun: true } });
    expect(existsSync(at('dir/in'))).toBe(true);
    expect(await remove(at('dir'), { recursive: true })).toMatchObject({ data: { changed: true } });
    expect(await remove(at('dir'), { recursive: true })).toMatchObject({ data: { changed: false } });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('refuses the root, its folders and homes, however they are written', async () => {
    symlinkSync('/', at('root'));
    for (const path of ['/', '/etc', '/tmp/../usr', at('root/etc'), homedir(), `${homedir()}/.`]) {
      expect([path, await remove(path, { recursive: true, dryRun: true })]).toMatchObject([path, because('not removed')]);
    }
  });
});
