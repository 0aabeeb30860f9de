import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { Json } from '../../shared/json.ts';
import { bootSystemdHost, nodeOnHost, type SystemdHost, whyNoSystemdHost } from '../../tests/support/systemd-host.ts';
import manifest from './plugin.json' with { type: 'json' };
import { parseFiles } from './systemd.ts';

const why = whyNoSystemdHost();

type End = { readonly outcome: string; readonly message: string; readonly data: Record<string, Json>; readonly log: string };

// each of these went wrong while orders were only queued, and services only looked at where systemd had them loaded
(why === undefined ? describe : describe.skip)(
  `an order to a real systemd${why === undefined ? '' : ` (NOT TESTED: ${why})`}`,
  () => {
    let host: SystemdHost;
    const run = async (action: string, args: Json, path = ''): Promise<End> => {
      const words = ['bin/muster.js', 'plugins', 'run', 'plugins/service', action, '--args', JSON.stringify(args), '--json'];
      const { stdout } = await host.run(
        '/bin/sh',
        '-c',
        `cd /muster && PATH=${path}$PATH exec ${nodeOnHost} "$@"`,
        'sh',
        ...words,
      );
      return JSON.parse(stdout) as End;
    };

    beforeAll(async () => {
      host = await bootSystemdHost();
      await host.unit(
        'deaf.service',
        '[Service]\nExecStart=/bin/sleep infinity\nExecReload=/bin/sh -c "echo no such setting; exit 3"\n',
      );
      await host.unit('wrong.service', '[Service]\nType=oneshot\nExecStart=/bin/sh -c "echo no disk; exit 4"\n');
      await host.unit('veiled.service', '[Service]\nExecStart=/bin/sleep infinity\n');
      await host.unit('brief.service', '[Service]\nExecStart=/bin/true\n');
      await host.unit('spare.service', '[Service]\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=multi-user.target\n');
    }, 60_000);
    afterAll(() => host?.close());

    it('to reload that the service refuses is a failure, and the service goes on', async () => {
      const { data } = await run('start', { name: 'deaf' });
      expect(await run('reload', { name: 'deaf' })).toMatchObject({
        outcome: 'failed',
        message: expect.stringContaining('deaf: Job for deaf.service failed'),
        log: expect.stringContaining('no such setting'),
        data: { state: 'running', pid: data.pid },
      });
    }, 30_000);

    it('to start what ends is judged by its kind: a oneshot by its end, another should have stayed', async () => {
      expect(await run('start', { name: 'wrong' })).toMatchObject({ outcome: 'failed', log: expect.stringContaining('no disk') });
      expect(await run('start', { name: 'brief' })).toMatchObject({
        outcome: 'failed',
        message: expect.stringContaining('brief is stopped'),
        data: { state: 'stopped' },
      });
    }, 30_000);

    it('that a masked service cannot follow is told in the words of systemd', async () => {
      // a mask is a link in /etc, so the unit is elsewhere
      await host.run('/bin/sh', '-c', 'mv /etc/systemd/system/veiled.service /usr/lib/systemd/system/ && systemctl mask veiled');
      expect(await run('start', { name: 'veiled' })).toMatchObject({
        outcome: 'failed',
        message: expect.stringMatching(/^veiled is stopped \(masked\), and should be running: .* is masked\.$/),
        data: { state: 'stopped', enabled: false, startMode: 'masked' },
      });
    }, 30_000);

    it('not to start with the host also takes back what lasts until the next boot', async () => {
      await host.run('systemctl', 'enable', '--runtime', 'spare');
      expect(await run('disable', { name: 'spare' })).toMatchObject({
        outcome: 'succeeded',
        data: { changed: true, enabled: false, startMode: 'disabled' },
      });
    }, 30_000);

    it('is not needed for a service to be in the list', async () => {
      expect((await run('list', { state: 'stopped', match: 'spare' })).data.services).toEqual([
        { name: 'spare', state: 'stopped', detail: 'inactive (dead)', startMode: 'disabled', description: '' },
      ]);
    }, 30_000);

    it('goes to systemctl as words, with the name after all flags', async () => {
      const fake =
        '#!/bin/sh\nprintf "<%s>" "$@" >> /tmp/asked; echo >> /tmp/asked\necho Id=a.timer; echo LoadState=loaded; echo ActiveState=inactive\n';
      await host.run(
        '/bin/sh',
        '-c',
        'mkdir -p /tmp/fake; printf %s "$1" > /tmp/fake/systemctl; chmod 755 /tmp/fake/systemctl',
        'sh',
        fake,
      );
      await run('stop', { name: 'a$b c.timer' }, '/tmp/fake:');
      await run('start', { name: 'a$b c', waitSeconds: 1 }, '/tmp/fake:');
      const asked = (await host.run('cat', '/tmp/asked')).stdout.trim().split('\n');
      expect(asked[0]).toMatch(/^<--no-pager><--no-ask-password><show><--property=[A-Za-z,]+><--><a\$b c\.timer>$/);
      expect(asked).toContain('<--no-pager><--no-ask-password><start><--><a$b c.service>');
    }, 30_000);
  },
);

it.each(['nginx', 'getty@tty1', 'backup.timer', 'MSSQL$SQLEXPRESS', 'dev-disk-by\\x2dlabel', 'Some Service'])(
  '%s may be a name',
  (name) => {
    expect(isName(name)).toBe(true);
  },
);

it.each(['', '-x', '--root=/', '../x', 'a;b', 'a*', 'a\nb', ' a', 'a ', "a'b", 'a`b'])('%j may not be a name', (name) => {
  expect(isName(name)).toBe(false);
});

it('list-unit-files tells of services, not of second names and templates', () => {
  const text = 'autovt@.service alias -\nconsole-getty.service enabled-runtime disabled\ngetty@.service enabled enabled\nsystemd-networkd.service disabled enabled\ndbus-org.freedesktop.login1.service alias -\n'; // biome-ignore format: as systemd 252 has it
  expect([...parseFiles(text)]).toEqual([
    ['console-getty', 'enabled-runtime'],
    ['systemd-networkd', 'disabled'],
  ]);
});

const isName = (name: string): boolean =>
  new Ajv2020().compile({ type: 'string', minLength: 1, pattern: manifest.actions.start.args.properties.name.pattern })(name);
