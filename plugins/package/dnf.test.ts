import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Json } from '../../shared/json.ts';
import { bootSystemdHost, nodeOnHost, type SystemdHost, whyNoSystemdHost } from '../../tests/support/systemd-host.ts';

const image = process.env.MUSTER_SYSTEMD_ROOT ?? join(tmpdir(), 'muster-systemd-root');
const why = whyNoSystemdHost() ?? (existsSync(join(image, 'usr/bin/dnf')) ? undefined : `there is no dnf in ${image}`);

type End = { readonly outcome: string; readonly message: string; readonly data: Record<string, Json>; readonly log: string };

// a repository of packages that are built there: nothing comes over the network
const repository = `set -e
mkdir -p /srv/repo && cd /root
make() {
  printf 'Name: %s\\nVersion: %s\\nRelease: 1\\nSummary: a test\\nLicense: MIT\\nBuildArch: noarch\\n%s\\n%%description\\na test\\n%%files\\n' "$1" "$2" "$3" > "$1.spec"
  rpmbuild -bb --quiet "$1.spec" && cp "rpmbuild/RPMS/noarch/$1-$2-1.noarch.rpm" /srv/repo
}
make greeting 1.0 'Requires: words'
make words 2.0
make words 2.1
createrepo_c -q /srv/repo
mkdir -p /etc/yum.repos.d
printf '[test]\\nname=test\\nbaseurl=file:///srv/repo\\ngpgcheck=0\\n' > /etc/yum.repos.d/test.repo`;

(why === undefined ? describe : describe.skip)(
  `packages by a real dnf 4${why === undefined ? '' : ` (NOT TESTED: ${why})`}`,
  () => {
    let host: SystemdHost;
    const run = async (action: string, args: Record<string, Json>): Promise<End> => {
      const given = JSON.stringify({ manager: 'dnf', ...args });
      const words = ['bin/muster.js', 'plugins', 'run', 'plugins/package', action, '--args', given, '--json'];
      const { stdout } = await host.run('/bin/sh', '-c', `cd /muster && exec ${nodeOnHost} "$@"`, 'sh', ...words);
      return JSON.parse(stdout) as End;
    };

    beforeAll(async () => {
      host = await bootSystemdHost();
      expect(await host.run('/bin/bash', '-c', repository)).toMatchObject({ exitCode: 0 });
    }, 60_000);
    afterAll(() => host?.close());

    it('are installed in the version that is wanted, with what they need, once', async () => {
      expect(await run('update', {})).toMatchObject({ outcome: 'succeeded' });
      expect(await run('info', { package: 'words' })).toMatchObject({ data: { installed: null, candidate: '2.1-1' } });
      expect(await run('install', { packages: ['greeting'], dryRun: true })).toMatchObject({
        data: { changed: false, wouldChange: true },
        log: expect.stringContaining('words'),
      });
      expect(await run('install', { packages: ['words=2.0', 'greeting'] })).toMatchObject({
        message: 'Installed greeting 1.0-1, words 2.0-1.',
        data: { changed: true, manager: 'dnf' },
      });
      expect(await run('install', { packages: ['words=2.0-1', 'greeting'] })).toMatchObject({
        message: 'Everything is installed already.',
        data: { changed: false },
      });
      expect(await run('install', { packages: ['absent'] })).toMatchObject({ message: 'dnf knows no package absent.' });
    }, 60_000);

    it('are upgraded, and go back to an older version only if that is allowed', async () => {
      expect(await run('list', { upgradable: true })).toMatchObject({
        data: { packages: [{ name: 'words', version: '2.0-1', candidate: '2.1-1' }] },
      });
      expect(await run('upgrade', {})).toMatchObject({ message: 'Changed words 2.0-1 → 2.1-1.' });
      expect(await run('upgrade', {})).toMatchObject({ data: { changed: false } });
      expect(await run('install', { packages: ['words=2.0'] })).toMatchObject({
        outcome: 'failed',
        message: expect.stringContaining('`allowDowngrade`'),
      });
      expect(await run('install', { packages: ['words=2.0'], allowDowngrade: true })).toMatchObject({
        data: { changed: true, packages: [{ name: 'words', before: '2.1-1', after: '2.0-1' }] },
      });
    }, 60_000);

    it('wait for the lock no longer than they are told', async () => {
      // dnf believes a process that is there
      const holder = await host.run('/bin/sh', '-c', 'sleep 300 >/dev/null 2>&1 & echo $! | tee /var/lib/dnf/rpmdb_lock.pid');
      expect(await run('remove', { packages: ['greeting'], lockSeconds: 0 })).toMatchObject({
        outcome: 'failed',
        message: 'Another program held the lock of dnf for more than 0 s.',
      });
      const waiting = run('remove', { packages: ['greeting', 'absent'], lockSeconds: 30 });
      expect(await host.run('/bin/sh', '-c', 'kill "$1"', 'sh', holder.stdout.trim())).toMatchObject({ exitCode: 0 });
      expect(await waiting).toMatchObject({ message: expect.stringContaining('greeting'), data: { changed: true } });
      expect(await run('remove', { packages: ['greeting'] })).toMatchObject({ message: 'None of them is installed.' });
    }, 60_000);
  },
);
