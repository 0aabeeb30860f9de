import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Run } from '../shared/api/runs.ts';
import { closedUrl } from './support/closed-port.ts';
import { eventually } from './support/eventually.ts';
import { type InstallPlace, installPlace } from './support/installer.ts';
import { processesWith } from './support/processes.ts';
import { isThere, posixShells } from './support/shells.ts';
import { agentFromSource, writeStandInRelease } from './support/stand-in-release.ts';
import { type System, startSystem } from './support/system.ts';
import { startTamperingProxy, type TamperingProxy } from './support/tampering-proxy.ts';

const folder = mkdtempSync(join(tmpdir(), 'muster-install-'));
const agents = join(folder, 'agents');
const shells = process.platform === 'linux' ? posixShells(join(folder, 'busybox')) : [];
if (!shells.some(({ name }) => name.startsWith('busybox')))
  console.warn('NOT TESTED: the installer under busybox, which is not installed.');

let system: System;
let script: string;
let proxy: TamperingProxy;
let places = 0;

beforeAll(async () => {
  writeStandInRelease(agents);
  system = await startSystem({ settings: { MUSTER_AGENTS_DIR: agents } });
  script = (await system.api.send('GET', '/install.sh')).text;
  proxy = await startTamperingProxy(system.server().url);
}, 30_000);
afterAll(async () => {
  await proxy?.close();
  await system?.dispose();
  rmSync(folder, { recursive: true, force: true });
});

const newToken = async (input: Record<string, unknown> = {}): Promise<string> =>
  (await system.api.post<{ token: string }>('/api/v1/join-tokens', input)).token;

const platform = process.arch === 'arm64' ? 'linux-arm64' : 'linux-x64';

const itWithShellcheck = isThere('shellcheck') ? it : it.skip;
if (!isThere('shellcheck')) console.warn('NOT TESTED: the installer by shellcheck, which is not installed.');
itWithShellcheck('the installer is without fault to shellcheck', () => {
  const file = join(folder, 'install.sh');
  writeFileSync(file, script);
  expect(spawnSync('shellcheck', ['-s', 'sh', file], { encoding: 'utf8' })).toMatchObject({ status: 0, stdout: '' });
});

describe.each(shells)('the installer under $name', (shell) => {
  let place: InstallPlace;
  beforeEach(() => {
    places += 1;
    place = installPlace(join(folder, `host-${places}`), shell);
    writeStandInRelease(agents);
  });
  afterEach(() => place.end());

  const name = (): string => `host-${places}`;
  const install = async (...options: readonly string[]) =>
    place.run(script, '--token', await newToken(), '--name', name(), ...options);

  it('joins the host, says that it is Online, and leaves no token behind', async () => {
    const end = await install('--tags', 'web,env=prod', '--slots', '3');
    expect(end).toMatchObject({ exitCode: 0, err: '' });
    expect(end.out).toContain(`${name()} is Online at ${system.server().url} (agent 0.1.0).`);
    expect(end.out).toContain('It runs in the background and not as a service (as you asked)');
    const joined = (await system.api.agents()).find((agent) => agent.name === name());
    expect(joined).toMatchObject({ status: 'Online', tags: ['web', 'env=prod'], slots: 3 });
    expect(place.settings()).toEqual({ server: system.server().url, name: name(), tags: 'web,env=prod', slots: '3' });
    expect(statSync(place.data).mode & 0o777).toBe(0o700);
    expect(statSync(join(place.data, 'settings.json')).mode & 0o777).toBe(0o600);
    const run: Run = await system.api.runTask({ owner: name(), plugin: 'shell', args: { command: 'echo from here' } });
    expect(run.state).toBe('succeeded');
  }, 30_000);

  it('run again changes nothing; with another executable it is an upgrade that keeps who the host is', async () => {
    expect((await install()).exitCode).toBe(0);
    const id = place.agentId();
    expect((await place.run(script)).out).toContain(`Nothing to do: ${name()} is Online`);
    writeStandInRelease(agents, { version: '0.2.0' });
    const end = await place.run(script, '--slots', '5');
    expect(end).toMatchObject({ exitCode: 0, err: '' });
    expect(place.agentId()).toBe(id);
    expect(place.settings()).toMatchObject({ name: name(), slots: '5' });
    expect(readlinkSync(join(place.prefix, 'bin/muster-agent'))).toMatch(/^muster-agent-0\.2\.0-/);
    // the one before it stays beside it
    expect(readdirSync(join(place.prefix, 'bin')).filter((each) => each.startsWith('muster-agent-'))).toHaveLength(2);
    expect(processesWith(`--dir ${place.data}`)).toHaveLength(1);
  }, 30_000);

  it('run again on a host that an earlier installer has set up, puts the starter there', async () => {
    expect((await install()).exitCode).toBe(0);
    const starter = join(place.prefix, 'bin/start-agent');
    rmSync(starter);
    const end = await place.run(script);
    expect(end).toMatchObject({ exitCode: 0, err: '' });
    expect(end.out).not.toContain('Nothing to do');
    expect(statSync(starter).mode & 0o777).toBe(0o755);
    expect(processesWith(`--dir ${place.data}`)).toHaveLength(1);
  }, 30_000);

  it('goes back to the executable before when the new one does not get Online', async () => {
    expect((await install()).exitCode).toBe(0);
    const before = readlinkSync(join(place.prefix, 'bin/muster-agent'));
    const broken = `case $1 in run) sleep 100 ;; esac\n${agentFromSource()}`;
    writeStandInRelease(agents, { version: '0.3.0', script: broken });
    const end = await place.run(script, '--wait', '1');
    expect(end.exitCode).toBe(10);
    expect(end.err).toContain('The agent 0.3.0 did not get Online in 1 s');
    expect(readlinkSync(join(place.prefix, 'bin/muster-agent'))).toBe(before);
    await system.connected(name());
  }, 30_000);

  it('removes all that it has put there, and says what is left on the server', async () => {
    expect((await install()).exitCode).toBe(0);
    const end = await place.run(script, '--uninstall');
    expect(end).toMatchObject({ exitCode: 0, err: '' });
    expect(end.out).toContain(`The server at ${system.server().url} knows that this host left.`);
    expect((await system.api.agents()).map((agent) => agent.name)).not.toContain(name());
    expect([place.prefix, place.data].filter(existsSync)).toEqual([]);
    await eventually('nothing runs there', () => processesWith(`--dir ${place.data}`).length === 0);
    expect((await place.run(script, '--uninstall')).out).toContain('nothing to remove');
  }, 30_000);

  it('is removed also when the server cannot be told', async () => {
    writeStandInRelease(agents, { script: `case $1 in leave) exit 5 ;; esac\n${agentFromSource()}` });
    expect((await install()).exitCode).toBe(0);
    const end = await place.run(script, '--uninstall');
    expect(end).toMatchObject({ exitCode: 0, err: '' });
    expect(end.out).toContain(`The server at ${system.server().url} still lists ${name()}, which cannot come back`);
    expect([place.prefix, place.data].filter(existsSync)).toEqual([]);
  }, 30_000);

  it('goes on from an installation that was cut off half-way', async () => {
    mkdirSync(join(place.prefix, 'bin'), { recursive: true });
    mkdirSync(join(place.prefix, '.installing.abcdef'));
    writeFileSync(join(place.prefix, '.installing.abcdef/download'), 'half of it');
    // the executable is half there, and the settings hold a token that was never spent
    const { files } = writeStandInRelease(agents);
    const sha256 = files.find((file) => file.platform === platform)?.sha256.slice(0, 12);
    writeFileSync(join(place.prefix, `bin/muster-agent-0.1.0-${sha256}`), 'half');
    mkdirSync(place.data);
    writeFileSync(join(place.data, 'settings.json'), `{\n  "joinToken": "${await newToken()}"\n}\n`);
    expect(await install()).toMatchObject({ exitCode: 0, err: '' });
    expect(readdirSync(place.prefix)).toEqual(['bin']);
  }, 30_000);

  it.each([
    ['--token', ['--token'], 2, '--token needs a value'],
    ['an unknown option', ['--tokn', 'x'], 2, '--tokn is no option'],
    ['a word that is none', ['install'], 2, 'install is no option'],
    ['no token', [], 2, 'This host has not joined yet: give a join token'],
    ['a token that is none', ['--token', 'abc'], 8, 'This is not a join token'],
    ['a token with a command in it', ['--token', "mjt_a';touch /tmp/x;'.abcdef"], 8, 'This is not a join token'],
    ['a fingerprint of another form', ['--fingerprint', 'abc'], 2, '--fingerprint must be 32 hexadecimal digits'],
    ['a server that is no URL', ['--server', 'muster:8000'], 2, '--server must be a URL'],
    ['a wait that is no number', ['--wait', 'long'], 2, '--wait must be a number of seconds and not long'],
    ['a CA that is not there', ['--ca', '/nowhere.pem'], 2, '--ca: /nowhere.pem cannot be read'],
    ['a folder with a way out', ['--data-dir', '/srv/../etc'], 2, '--data-dir must be a whole path'],
    ['the root as a folder', ['--prefix', '/'], 2, '--prefix must be a whole path'],
    ['an account without a service', ['--user', 'muster', '--token', `mjt_a.${'0'.repeat(32)}`], 2, '--user needs a service'],
  ])('refuses %s with a sentence', async (_, options, exitCode, sentence) => {
    const end = await place.run(script, ...options);
    expect(end.exitCode).toBe(exitCode);
    expect(end.err).toContain(sentence);
    expect([place.prefix, place.data].filter(existsSync)).toEqual([]);
  });

  it('tells of a token that the server does not take', async () => {
    const token = await newToken();
    const unknown = `mjt_${'a'.repeat(43)}.${token.split('.')[1]}`;
    const end = await place.run(script, '--token', unknown);
    expect(end.exitCode).toBe(8);
    expect(end.err).toContain('The join token is unknown, expired, revoked or used up.');
    await eventually('nothing runs there', () => processesWith(`--dir ${place.data}`).length === 0);
    // with one that is good, it goes on from there
    expect((await install()).exitCode).toBe(0);
  }, 30_000);

  it('tells of a name that another host has', async () => {
    expect((await install()).exitCode).toBe(0);
    const second = installPlace(join(folder, `second-${places}`), shell);
    const end = await second.run(script, '--token', await newToken(), '--name', name());
    second.end();
    expect(end.exitCode).toBe(9);
    expect(end.err).toContain(`There is an agent named "${name()}" already.`);
  }, 30_000);

  it('tells of settings that the agent cannot use, and forgets them', async () => {
    const end = await install('--tags', 'not a tag');
    expect(end.exitCode).toBe(2);
    expect(end.err).toContain('tags in');
    expect(existsSync(place.data)).toBe(false);
  });

  it('tells of a server that cannot be reached', async () => {
    const end = await install('--server', await closedUrl());
    expect(end.exitCode).toBe(5);
    expect(end.err).toMatch(/The server at http:\/\/127\.0\.0\.1:\d+ cannot be reached \(.+\)\./);
    expect([place.prefix, place.data].filter(existsSync)).toEqual([]);
  });

  it('tells of a server that has no executables, or none for this host', async () => {
    writeStandInRelease(agents, { platforms: [platform === 'linux-x64' ? 'linux-arm64' : 'linux-x64'] });
    const other = await install();
    expect(other.exitCode).toBe(3);
    expect(other.err).toContain(`has no executable for ${platform}`);
    rmSync(join(agents, 'release.json'));
    const none = await install();
    expect(none.exitCode).toBe(3);
    expect(none.err).toContain('has no executables of the agent. Run `npm run build:agent`');
  });

  it('tells of an executable that does not run here', async () => {
    writeStandInRelease(agents, { version: '0.4.0', script: 'echo "cannot load libsomething.so"; exit 127' });
    const end = await install();
    expect(end.exitCode).toBe(3);
    expect(end.err).toContain('The agent does not run on this host (cannot load libsomething.so).');
    expect(existsSync(place.prefix)).toBe(false);
  });

  it('believes no server with another key', async () => {
    const token = await newToken();
    const end = await place.run(script, '--token', token, '--fingerprint', '0'.repeat(32));
    expect(end.exitCode).toBe(6);
    expect(end.err).toContain('one of the two is wrong');
    const other = await place.run(script, '--token', `${token.split('.')[0]}.${'0'.repeat(32)}`);
    expect(other.exitCode).toBe(6);
    expect(other.err).toContain('is not the expected one: its key has the fingerprint');
    expect([place.prefix, place.data].filter(existsSync)).toEqual([]);
  });

  it.each([
    ['altered', (body: Buffer) => ({ body: Buffer.from(body.map((byte) => byte ^ 1)) }), 6, 'has another checksum'],
    ['truncated without a word', (body: Buffer) => ({ body: body.subarray(0, 50) }), 6, '(50 bytes instead of'],
  ])(
    'installs no download that was %s',
    async (_, change, exitCode, sentence) => {
      proxy.tamper(`/downloads/muster-agent-${platform}.gz`, change);
      proxy.tamper(`/downloads/muster-agent-${platform}`, change);
      const end = await install('--server', proxy.url);
      expect(end.exitCode).toBe(exitCode);
      expect(end.err).toContain(sentence);
      expect([place.prefix, place.data].filter(existsSync)).toEqual([]);
      for (const each of ['.gz', '']) proxy.tamper(`/downloads/muster-agent-${platform}${each}`, (body) => ({ body }));
    },
    20_000,
  );

  it('tries again when the line was cut', async () => {
    let cuts = 0;
    const cutOnce = (body: Buffer) => {
      cuts += 1;
      return cuts === 1 ? { body: body.subarray(0, 20), isCut: true } : { body };
    };
    for (const each of ['.gz', '']) proxy.tamper(`/downloads/muster-agent-${platform}${each}`, cutOnce);
    // the proxy passes on no sockets: what counts is that the download is whole
    const end = await install('--server', proxy.url, '--wait', '1');
    expect(end.err).not.toContain('downloaded');
    expect(cuts).toBe(2);
  }, 20_000);

  it('compares the clock of the host with that of the server', async () => {
    const shifted = (seconds: number) => (body: Buffer) => ({
      body: Buffer.from(String(body).replace(/^time (\d+)$/m, (_, time) => `time ${Number(time) + seconds}`)),
    });
    proxy.tamper('/downloads/release.txt', shifted(3 * 86_400));
    const far = await install('--server', proxy.url);
    expect(far.exitCode).toBe(11);
    expect(far.err).toMatch(/The clock of this host is 7[12] hours away from that of the server: set it/);
    proxy.tamper('/downloads/release.txt', shifted(-600));
    expect((await install('--server', proxy.url, '--wait', '0')).out).toMatch(
      /Note: the clock of this host is (9|10) minutes away/,
    );
    proxy.tamper('/downloads/release.txt', (body) => ({ body }));
  }, 20_000);

  const itWithOpenssl = shell.name === 'dash' && isThere('openssl') ? it : it.skip;
  itWithOpenssl('believes no release that is not signed as it is', async () => {
    proxy.tamper('/downloads/release.txt', (body) => ({
      body: Buffer.from(String(body).replace('version 0.1.0', 'version 0.1.1')),
    }));
    const end = await install('--server', proxy.url);
    expect(end.exitCode).toBe(6);
    expect(end.err).toContain('is not signed by its key: it was altered on its way');
    proxy.tamper('/downloads/release.txt', (body) => ({ body }));
  });

  const itAsRoot = process.geteuid?.() === 0 ? it : it.skip;
  itAsRoot('tells of a disk without space', async () => {
    mkdirSync(place.prefix, { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', place.prefix]);
    try {
      const end = await install();
      expect(end.exitCode).toBe(7);
      expect(end.err).toMatch(/There is no space in .*: \d+ MB are needed and \d MB free\./);
    } finally {
      execFileSync('umount', [place.prefix]);
    }
  });
});
