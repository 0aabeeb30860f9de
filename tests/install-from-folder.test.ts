import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { makeBareFolder } from './support/compiled-agent.ts';
import { type InstallPlace, installPlace } from './support/installer.ts';
import { posixShells } from './support/shells.ts';
import { writeStandInRelease } from './support/stand-in-release.ts';
import { type System, startSystem } from './support/system.ts';

/** What a bare system has: nothing to download with, and no OpenSSL. */
const tools =
  'sh uname sed grep cut tr wc mktemp df id cat cp chmod mv ln readlink tail sleep rm rmdir mkdir date head ls dirname nohup setsid sha256sum base64 gzip getconf touch kill'.split(
    ' ',
  );
const folder = mkdtempSync(join(tmpdir(), 'muster-from-'));
const platform = process.arch === 'arm64' ? 'linux-arm64' : 'linux-x64';
const packed = `muster-agent-${platform}.gz`;
const shells = process.platform === 'linux' ? posixShells(join(folder, 'busybox')) : [];
if (!shells.some(({ name }) => name.startsWith('busybox')))
  console.warn('NOT TESTED: an installation from a folder under busybox, which is not installed.');

let system: System;
let script: string;
let places = 0;

beforeAll(async () => {
  const agents = join(folder, 'agents');
  writeStandInRelease(agents);
  system = await startSystem({ settings: { MUSTER_AGENTS_DIR: agents } });
  script = (await system.api.send('GET', '/install.sh')).text;
}, 30_000);
afterAll(async () => {
  await system?.dispose();
  rmSync(folder, { recursive: true, force: true });
});

describe.each(shells)('the installer on a host that cannot download, under $name', (shell) => {
  let place: InstallPlace;
  let from: string;

  beforeEach(async () => {
    places += 1;
    place = installPlace(join(folder, `host-${places}`), { ...shell, path: bareTools() });
    from = join(folder, `from-${places}`);
    mkdirSync(from);
    for (const name of ['release.txt', packed]) await take(name);
  });
  afterEach(() => place.end());

  function bareTools(): string {
    const path = join(folder, `tools-${places}`);
    if (!shell.name.startsWith('busybox')) return makeBareFolder(path, tools);
    mkdirSync(path);
    for (const applet of readdirSync(shell.path))
      if (applet !== 'wget') symlinkSync(join(shell.path, applet), join(path, applet));
    return path;
  }
  const take = async (name: string): Promise<void> => {
    const answer = await fetch(`${system.server().url}/downloads/${name}`);
    writeFileSync(join(from, name), Buffer.from(await answer.arrayBuffer()));
  };
  const install = async (...options: readonly string[]) => {
    const { token } = await system.api.post<{ token: string }>('/api/v1/join-tokens');
    return place.run(script, '--token', token, '--name', `host-${places}`, ...options);
  };

  it('says so', async () => {
    const end = await install();
    expect(end.exitCode).toBe(3);
    expect(end.err).toContain('This host has neither curl nor wget');
    expect(end.err).toContain('--from');
  });

  it('takes the files from the folder that it is given, and joins the host', async () => {
    const end = await install('--from', from);
    expect(end).toMatchObject({ exitCode: 0, err: '' });
    expect(end.out).toContain(`host-${places} is Online at ${system.server().url}`);
    expect(end.out).toContain('no OpenSSL 3, so the installer cannot verify the signature');
    expect(end.out).not.toContain('Downloading');
    // the list is enough for an executable that is there
    rmSync(join(from, packed));
    expect((await place.run(script, '--from', from)).out).toContain('Nothing to do');
  }, 30_000);

  it('believes it no more than a download', async () => {
    writeFileSync(join(from, packed), 'something else');
    const altered = await install('--from', from);
    expect([altered.exitCode, altered.err]).toEqual([6, expect.stringContaining('it has another checksum')]);
    const other = await place.run(script, '--token', `mjt_a.${'0'.repeat(32)}`, '--from', from);
    expect([other.exitCode, other.err]).toEqual([6, expect.stringContaining('is not the expected one')]);
  }, 30_000);

  it('says what is missing in it', async () => {
    rmSync(join(from, packed));
    const half = await install('--from', from);
    expect([half.exitCode, half.err]).toEqual([2, expect.stringContaining(`${from}/muster-agent-${platform} cannot be read`)]);
    const none = await install('--from', '/nowhere');
    expect([none.exitCode, none.err]).toEqual([2, expect.stringContaining('--from: /nowhere/release.txt cannot be read')]);
  }, 30_000);
});
