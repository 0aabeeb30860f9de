import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Json } from '../../shared/json.ts';
import { type AptRoot, makeAptRoot } from '../../tests/support/apt-root.ts';
import { type BundledPlugin, createBundledPlugin } from '../../tests/support/bundled-plugin.ts';

const why = !existsSync('/usr/bin/dpkg-deb') ? 'there is no apt here' : process.geteuid?.() === 0 ? undefined : 'it takes root';
if (why !== undefined) console.warn(`NOT TESTED: the plugin package with the real apt, because ${why}.`);

(why === undefined ? describe : describe.skip)('packages by the real apt', () => {
  let apt: BundledPlugin;
  let root: AptRoot;
  const run = (action: string, args: Json) => apt.run(args, action, { env: root.env });

  beforeAll(() => {
    apt = createBundledPlugin(import.meta.dirname);
    root = makeAptRoot();
    root.publish({ name: 'greeting', version: '1.0-1', files: { 'etc/greeting': 'hello\n' }, depends: 'words' });
    root.publish({ name: 'words', version: '2.0-1', files: { 'usr/share/words': 'a b c\n' } });
    root.publish({ name: 'nginx', version: '1.22.1-9' });
    root.publish({ name: 'curl', version: '7.88.1-10' });
    root.publish({ name: 'jq', version: '1.6-2' });
  });
  afterAll(async () => {
    await apt.close();
    root.close();
  });

  it('are unknown until the lists are there', async () => {
    expect(await run('install', { packages: ['greeting'] })).toMatchObject({
      outcome: 'failed',
      message: 'apt knows no package greeting; its lists may be old: try updateFirst.',
    });
    expect(await run('info', { package: 'greeting' })).toMatchObject({ outcome: 'failed' });
    expect(await run('update', {})).toMatchObject({ outcome: 'succeeded', data: { manager: 'apt' } });
    expect(await run('info', { package: 'greeting' })).toMatchObject({
      message: 'greeting is not installed, 1.0-1 can be had.',
      data: { manager: 'apt', name: 'greeting', installed: null, candidate: '1.0-1' },
    });
  });

  it('are installed with what they need, once', async () => {
    const packages = ['greeting'];
    const planned = await run('install', { packages, dryRun: true });
    expect(planned).toMatchObject({ data: { changed: false, wouldChange: true }, out: expect.stringContaining('Inst greeting') });
    expect(existsSync(join(root.folder, 'etc/greeting'))).toBe(false);
    expect(await run('install', { packages })).toMatchObject({
      outcome: 'succeeded',
      message: 'Installed greeting 1.0-1, words 2.0-1.',
      data: {
        changed: true,
        manager: 'apt',
        packages: [
          { name: 'greeting', before: null, after: '1.0-1' },
          { name: 'words', before: null, after: '2.0-1' },
        ],
      },
    });
    expect(readFileSync(join(root.folder, 'etc/greeting'), 'utf8')).toBe('hello\n');
    expect(await run('install', { packages })).toMatchObject({
      message: 'Everything is installed already.',
      data: { changed: false, packages: [] },
      out: '',
    });
  });

  it('are upgraded without a question, and settings that somebody changed stay', async () => {
    writeFileSync(join(root.folder, 'etc/greeting'), 'hello, changed\n');
    root.publish({ name: 'greeting', version: '1.1-1', files: { 'etc/greeting': 'good day\n' }, depends: 'words' });
    await run('update', {});
    expect(await run('list', { upgradable: true })).toMatchObject({
      data: { packages: [{ name: 'greeting', version: '1.0-1', candidate: '1.1-1' }] },
    });
    expect(await run('upgrade', { dryRun: true })).toMatchObject({ outcome: 'succeeded', data: { wouldChange: true } });
    expect(await run('upgrade', { packages: ['greeting'] })).toMatchObject({
      message: 'Changed greeting 1.0-1 → 1.1-1.',
      data: { changed: true, packages: [{ name: 'greeting', before: '1.0-1', after: '1.1-1' }] },
    });
    expect(readFileSync(join(root.folder, 'etc/greeting'), 'utf8')).toBe('hello, changed\n');
    expect(await run('upgrade', {})).toMatchObject({ message: 'Everything is as new as can be had.', data: { changed: false } });
    expect(await run('upgrade', { packages: ['absent'] })).toMatchObject({
      outcome: 'failed',
      message: 'Not installed, so there is nothing to upgrade: absent.',
    });
  });

  it('have the version that is wanted, an older one only if that is allowed', async () => {
    const packages = ['greeting=1.0-1'];
    expect(await run('install', { packages })).toMatchObject({
      outcome: 'failed',
      message: expect.stringContaining('downgrade'),
    });
    expect(await run('install', { packages, allowDowngrade: true })).toMatchObject({
      data: { changed: true, packages: [{ name: 'greeting', before: '1.1-1', after: '1.0-1' }] },
    });
    expect(await run('install', { packages: ['greeting=9'] })).toMatchObject({
      outcome: 'failed',
      message: expect.stringContaining("Version '9' for 'greeting' was not found"),
    });
  });

  it('are removed, with their settings and what nothing needs any more if that is wanted', async () => {
    expect(await run('remove', { packages: ['greeting', 'absent'] })).toMatchObject({
      message: 'Removed greeting.',
      data: { changed: true, packages: [{ name: 'greeting', before: '1.0-1', after: null }] },
    });
    expect(existsSync(join(root.folder, 'etc/greeting'))).toBe(true);
    expect(await run('remove', { packages: ['greeting'] })).toMatchObject({ message: 'None of them is installed.' });
    await run('remove', { packages: ['greeting'], purge: true, removeUnused: true });
    expect(existsSync(join(root.folder, 'etc/greeting'))).toBe(false);
    expect(await run('list', {})).toMatchObject({ message: '0 packages installed.' });
  });

  it('wait for the lock, and say who has it when that took too long', async () => {
    const { spawn } = await import('node:child_process');
    const lock = join(root.folder, 'var/lib/dpkg/lock-frontend');
    const script = `import fcntl,sys\nf=open(${JSON.stringify(lock)},"w")\nfcntl.lockf(f,fcntl.LOCK_EX)\nprint("held",flush=True)\nsys.stdin.read()`;
    const holder = spawn('python3', ['-c', script], { stdio: ['pipe', 'pipe', 'inherit'] });
    await new Promise((resolve) => holder.stdout.once('data', resolve));
    expect(await run('install', { packages: ['words'], lockSeconds: 0 })).toMatchObject({
      outcome: 'failed',
      message: expect.stringContaining('Another program held the lock of apt for more than 0 s.'),
    });
    const waiting = apt.start({ packages: ['words'], lockSeconds: 60 }, 'install', { env: root.env });
    holder.stdin.end();
    expect(await waiting.finished).toMatchObject({ outcome: 'succeeded', data: { changed: true } });
  });

  it('run their examples', async () => {
    await run('install', { packages: ['curl'] });
    await apt.runExamples(undefined, { env: root.env });
  });

  it('are of the package manager that is asked for', async () => {
    expect(await run('list', { manager: 'winget' })).toMatchObject({
      outcome: 'failed',
      message: 'This host has no winget: winget.exe was not found.',
    });
  });
});
