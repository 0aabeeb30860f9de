import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type Release, release as releaseSchema } from '../shared/release.ts';
import { makeBareFolder } from './support/compiled-agent.ts';
import { type InstallPlace, installPlace, type Shell } from './support/installer.ts';
import { isThere, posixShells } from './support/shells.ts';
import { agentFromSource, writeStandInRelease } from './support/stand-in-release.ts';
import { type System, startSystem } from './support/system.ts';

/** What an installer needs besides a tool that unpacks; `setsid` keeps the agent when the installer ends. */
const tools =
  'sh uname sed grep cut tr wc mktemp df id cat cp chmod mv ln readlink tail sleep rm rmdir mkdir date head ls dirname nohup setsid sha256sum base64 openssl curl getconf touch kill'.split(
    ' ',
  );
const encodings = ['gzip', 'xz', 'zstd'] as const;
type Encoding = (typeof encodings)[number];
const packers: Readonly<Record<Encoding, { readonly ending: string; pack(file: string): Buffer }>> = {
  gzip: { ending: 'gz', pack: (file) => execFileSync('gzip', ['-c', file]) },
  xz: { ending: 'xz', pack: (file) => execFileSync('xz', ['-c', file]) },
  zstd: { ending: 'zst', pack: (file) => zstdCompressSync(readFileSync(file)) },
};

const folder = mkdtempSync(join(tmpdir(), 'muster-encodings-'));
const agents = join(folder, 'agents');
const platform = process.arch === 'arm64' ? 'linux-arm64' : 'linux-x64';
const executable = join(agents, `muster-agent-${platform}`);
const packed = (encoding: Encoding): string => `${executable}.${packers[encoding].ending}`;

const shells = process.platform === 'linux' ? posixShells(join(folder, 'busybox')) : [];
const missing = encodings.filter((encoding) => !isThere(encoding));
if (missing.length > 0) console.warn(`NOT TESTED: downloads by ${missing.join(', ')}, which this machine lacks.`);
if (!shells.some(({ name }) => name.startsWith('busybox')))
  console.warn('NOT TESTED: downloads under busybox, which is not installed.');

let system: System;
let script: string;
let places = 0;

beforeAll(async () => {
  writeStandInRelease(agents);
  system = await startSystem({ settings: { MUSTER_AGENTS_DIR: agents } });
  script = (await system.api.send('GET', '/install.sh')).text;
}, 30_000);
afterAll(async () => {
  await system?.dispose();
  rmSync(folder, { recursive: true, force: true });
});

/** The executable as it is, and packed in these ways. */
function offer(offered: readonly Encoding[]): void {
  // long enough for each packing to be worth it
  const filler = `: '${'nothing '.repeat(2000)}'`;
  writeStandInRelease(agents, { script: `${filler}\n${agentFromSource()}`, platforms: [platform] });
  rmSync(packed('gzip'));
  for (const encoding of offered) writeFileSync(packed(encoding), packers[encoding].pack(executable));
  tell((file) => ({ ...file, downloads: offered.map((encoding) => downloadOf(encoding)) }));
}

type File = Release['files'][number];
function downloadOf(encoding: Encoding): File['downloads'][number] {
  const content = readFileSync(packed(encoding));
  const sha256 = createHash('sha256').update(content).digest('hex');
  return { encoding, name: basename(packed(encoding)), bytes: content.length, sha256 };
}

/** Changes what the server says of the executable. */
function tell(change: (file: File) => File): void {
  const release = told();
  writeFileSync(join(agents, 'release.json'), JSON.stringify({ ...release, files: release.files.map(change) }));
}
const told = (): Release => releaseSchema.parse(JSON.parse(readFileSync(join(agents, 'release.json'), 'utf8')));

describe.each(shells)('the installer under $name', (shell) => {
  let place: InstallPlace | undefined;
  afterEach(() => place?.end());

  const applets = shell.name.startsWith('busybox') ? readdirSync(shell.path) : undefined;
  const unpacks = (encoding: Encoding): boolean => applets?.includes(encoding) ?? !missing.includes(encoding);

  /** @returns the PATH of a host that can unpack just these */
  function host(can: readonly Encoding[]): string {
    places += 1;
    const path = join(folder, `tools-${places}`);
    if (applets === undefined) return makeBareFolder(path, [...tools, ...can]);
    mkdirSync(path);
    for (const applet of applets)
      if (!encodings.some((each) => each === applet) || can.some((each) => each === applet))
        symlinkSync(join(shell.path, applet), join(path, applet));
    return path;
  }

  async function install(path: string): Promise<{ readonly exitCode: number; readonly out: string; readonly err: string }> {
    const there: Shell = { ...shell, path };
    place = installPlace(join(folder, `host-${places}`), there);
    const { token } = await system.api.post<{ token: string }>('/api/v1/join-tokens');
    return place.run(script, '--token', token, '--name', `host-${places}`);
  }

  it.each(encodings.filter(unpacks))(
    'unpacks %s where the host can',
    async (encoding) => {
      offer([encoding]);
      const path = host([encoding]);
      // nothing else is to be had
      rmSync(executable);
      const end = await install(path);
      expect(end).toMatchObject({ exitCode: 0, err: '' });
      expect(end.out).toContain(' is Online at ');
    },
    30_000,
  );

  it.each(encodings)(
    'takes the executable as it is where the host has no %s',
    async (encoding) => {
      offer([encoding]);
      const path = host([]);
      rmSync(packed(encoding));
      expect(await install(path)).toMatchObject({ exitCode: 0, err: '' });
    },
    30_000,
  );

  it('takes the smallest of what it can unpack', async () => {
    offer(encodings.filter((encoding) => !missing.includes(encoding)));
    const can = encodings.filter((encoding) => encoding !== 'zstd' && unpacks(encoding));
    const path = host(can);
    const downloads = told().files[0]?.downloads ?? [];
    const usable = downloads.filter(({ encoding }) => can.some((each) => each === encoding)).sort((a, b) => a.bytes - b.bytes);
    expect(usable.length).toBeGreaterThan(1);
    for (const each of downloads) if (each !== usable[0]) rmSync(join(agents, each.name));
    rmSync(executable);
    expect(await install(path)).toMatchObject({ exitCode: 0, err: '' });
  }, 30_000);

  it('installs nothing that is not what was packed', async () => {
    const [encoding = 'gzip'] = encodings.filter(unpacks);
    offer([encoding]);
    tell((file) => ({ ...file, sha256: 'a'.repeat(64) }));
    const end = await install(host([encoding]));
    expect(end.exitCode).toBe(6);
    expect(end.err).toContain('The executable that was unpacked is not the one that the server vouches for.');
  }, 30_000);

  it('says so when what arrived whole cannot be unpacked', async () => {
    const [encoding = 'gzip'] = encodings.filter(unpacks);
    offer([encoding]);
    writeFileSync(packed(encoding), 'this is not packed at all');
    tell((file) => ({ ...file, downloads: [downloadOf(encoding)] }));
    const end = await install(host([encoding]));
    expect(end.exitCode).not.toBe(0);
    expect(end.err).toContain('cannot be unpacked');
  }, 30_000);
});
