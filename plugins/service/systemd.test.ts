import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Json } from '../../shared/json.ts';
import { bootSystemdHost, nodeOnHost, type SystemdHost, whyNoSystemdHost } from '../../tests/support/systemd-host.ts';
import manifest from './plugin.json' with { type: 'json' };
import { parseList, parseShow, serviceOf } from './systemd.ts';
import { parseServices } from './windows-services.ts';

const why = whyNoSystemdHost();
if (why !== undefined) console.warn(`NOT TESTED: the plugin service with a real systemd, because ${why}.`);

const stays = `[Unit]
Description=A service that stays
[Service]
ExecStart=/bin/sleep infinity
ExecReload=/bin/true
[Install]
WantedBy=multi-user.target
`;

type End = { readonly outcome: string; readonly message: string; readonly data: Record<string, Json>; readonly log: string };

(why === undefined ? describe : describe.skip)('a service of a real systemd', () => {
  let host: SystemdHost;
  const run = async (action: string, args: Json): Promise<End> => {
    const words = ['bin/muster.js', 'plugins', 'run', 'plugins/service', action, '--args', JSON.stringify(args), '--json'];
    const { stdout } = await host.run('/bin/sh', '-c', `cd /muster && exec ${nodeOnHost} "$@"`, 'sh', ...words);
    return JSON.parse(stdout) as End;
  };

  beforeAll(async () => {
    host = await bootSystemdHost();
    await host.unit('nginx.service', stays);
    await host.unit('stays.service', stays);
    await host.unit('breaks.service', '[Service]\nExecStart=/bin/sh -c "echo it broke; exit 3"\n');
    await host.unit(
      'flaps.service',
      '[Service]\nExecStart=/bin/sh -c "sleep 0.4; exit 1"\nRestart=always\nRestartSec=100ms\nStartLimitBurst=1000\n',
    );
    await host.unit('slow.service', '[Service]\nExecStartPre=/bin/sleep 600\nExecStart=/bin/sleep infinity\n');
    await host.unit('once.service', '[Service]\nType=oneshot\nExecStart=/bin/true\n');
  }, 60_000);
  afterAll(() => host?.close());

  it('is looked at, and judged by what is expected', async () => {
    expect(await run('status', { name: 'stays' })).toMatchObject({
      outcome: 'succeeded',
      message: 'stays is stopped (inactive (dead)).',
      data: { state: 'stopped', enabled: false, startMode: 'disabled', pid: null, description: 'A service that stays' },
    });
    expect(await run('status', { name: 'stays', expect: 'running' })).toMatchObject({
      outcome: 'failed',
      message: 'stays is stopped (inactive (dead)), and should be running.',
    });
    expect(await run('status', { name: 'absent' })).toMatchObject({
      outcome: 'failed',
      message: 'There is no service absent on this host.',
      log: '',
    });
  }, 30_000);

  it('is started, restarted, told to reload and stopped, each once', async () => {
    const started = await run('start', { name: 'stays' });
    expect(started).toMatchObject({ outcome: 'succeeded', data: { changed: true, state: 'running', pid: expect.any(Number) } });
    expect(await run('start', { name: 'stays' })).toMatchObject({
      message: 'stays is running (active (running)) already.',
      data: { changed: false, pid: started.data.pid },
    });
    expect(await run('reload', { name: 'stays' })).toMatchObject({ outcome: 'succeeded', data: { pid: started.data.pid } });
    const restarted = await run('restart', { name: 'stays' });
    expect(restarted).toMatchObject({ outcome: 'succeeded', data: { changed: true, state: 'running' } });
    expect(restarted.data.pid).not.toBe(started.data.pid);
    expect(await run('stop', { name: 'stays' })).toMatchObject({ data: { changed: true, state: 'stopped', pid: null } });
    expect(await run('stop', { name: 'stays' })).toMatchObject({ data: { changed: false } });
    expect(await run('reload', { name: 'stays' })).toMatchObject({
      outcome: 'failed',
      message: expect.stringContaining('only a service that runs'),
    });
  }, 60_000);

  it('that breaks on its start, or does not stay up, or does not come in time is a failure with its last words', async () => {
    expect(await run('start', { name: 'breaks' })).toMatchObject({
      outcome: 'failed',
      message: expect.stringMatching(
        /^breaks is failed \(failed \(failed\)\), and should be running\. Its last words: sh\[\d+\]: it broke$/,
      ),
      log: expect.stringContaining('it broke'),
    });
    expect(await run('start', { name: 'flaps' })).toMatchObject({
      outcome: 'failed',
      message: expect.stringMatching(/flaps (did not stay up|is changing)/),
    });
    await run('stop', { name: 'flaps' });
    expect(await run('start', { name: 'slow', waitSeconds: 1 })).toMatchObject({
      outcome: 'failed',
      message: expect.stringContaining('slow is changing (activating (start-pre)) after 1 s, and should be running.'),
    });
  }, 60_000);

  it('that does one thing and ends was started well', async () => {
    expect(await run('start', { name: 'once' })).toMatchObject({
      outcome: 'succeeded',
      data: { changed: true, state: 'stopped' },
    });
  }, 30_000);

  it('starts with the host or does not, and at once if that is wanted', async () => {
    expect(await run('enable', { name: 'stays', now: true })).toMatchObject({
      message: expect.stringContaining('stays starts with the host from now on. stays is running'),
      data: { changed: true, enabled: true, state: 'running' },
    });
    expect(await run('enable', { name: 'stays' })).toMatchObject({ data: { changed: false } });
    expect(await run('disable', { name: 'stays', now: true })).toMatchObject({
      data: { changed: true, enabled: false, state: 'stopped' },
    });
    expect(await run('enable', { name: 'once' })).toMatchObject({
      outcome: 'failed',
      message: 'once cannot be enabled: whether it starts is "static", which something else decides.',
    });
  }, 60_000);

  it('is in the list', async () => {
    const { data, log } = await run('list', { state: 'running', match: 'systemd-*' });
    expect(data.services).toContainEqual(expect.objectContaining({ name: 'systemd-journald', state: 'running' }));
    expect(log).toMatch(/systemd-journald +active \(running\) +/);
  }, 30_000);

  it('runs every example of the page', async () => {
    for (const [action, { examples }] of Object.entries(manifest.actions)) {
      for (const example of examples) {
        // the example that asks for a service that runs comes before the one that starts it
        if ('expect' in example || action === 'reload') await run('start', { name: 'nginx' });
        expect([action, example, await run(action, example as Json)]).toMatchObject([action, example, { outcome: 'succeeded' }]);
      }
    }
  }, 120_000);
});

describe('what service managers answer', () => {
  it('systemctl show', () => {
    const shown = parseShow('Id=ssh.service\nDescription=OpenBSD = Secure Shell\nLoadState=loaded\nActiveState=active\nSubState=running\nUnitFileState=enabled\nMainPID=812\nInvocationID=ab\nJob=0\n'); // biome-ignore format: one text
    expect(serviceOf(shown)).toEqual({
      name: 'ssh',
      description: 'OpenBSD = Secure Shell',
      state: 'running',
      detail: 'active (running)',
      enabled: true,
      startMode: 'enabled',
      pid: 812,
      life: 'ab',
    });
    expect(serviceOf({ LoadState: 'not-found' })).toBeUndefined();
    expect(serviceOf({ Id: 'x.timer', LoadState: 'loaded', ActiveState: 'inactive', Job: '77' })).toMatchObject({
      name: 'x.timer',
      state: 'changing',
    });
  });

  it('systemctl list-units', () => {
    const text =
      'cron.service   loaded    active   running Regular background program\nold.service not-found inactive dead old.service\n';
    expect(parseList(text)).toEqual([
      { name: 'cron', description: 'Regular background program', state: 'running', detail: 'active (running)' },
    ]);
  });

  it('Win32_Service', () => {
    const row = (changes: object) => ({ Name: 'Spooler', DisplayName: 'Print Spooler', State: 'Running', StartMode: 'Auto', ProcessId: 1204, ExitCode: 0, ...changes }); // biome-ignore format: one row
    expect(parseServices('')).toEqual([]);
    expect(parseServices(JSON.stringify(row({})))).toMatchObject([
      { name: 'Spooler', state: 'running', enabled: true, pid: 1204 },
    ]);
    const others = [row({ State: 'Stopped', ProcessId: 0, ExitCode: 1077, StartMode: 'Manual' }), row({ State: 'Stopped', ExitCode: 1067, StartMode: 'Disabled' }), row({ State: 'Stop Pending' })]; // biome-ignore format: three rows
    expect(parseServices(JSON.stringify(others))).toMatchObject([
      { state: 'stopped', enabled: undefined, pid: null },
      { state: 'failed', enabled: false },
      { state: 'changing' },
    ]);
  });
});
