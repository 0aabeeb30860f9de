import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from './support/eventually.ts';
import { bootSystemdHost, nodeOnHost, type SystemdHost, whyNoSystemdHost } from './support/systemd-host.ts';

const why = whyNoSystemdHost();
const unit = readFileSync(join(import.meta.dirname, '../deploy/systemd/muster-server.service'), 'utf8');

(why === undefined ? describe : describe.skip)(`the server as a service of systemd (skipped: ${why ?? 'no'})`, () => {
  let host: SystemdHost;

  /** the part after the `=` */
  const property = async (name: string): Promise<string> =>
    (await host.run('systemctl', 'show', '--value', '-p', name, 'muster-server')).stdout.trim();
  const status = async (path: string): Promise<string> => {
    const script = `fetch('http://127.0.0.1:8000${path}').then((answer) => console.log(answer.status), () => console.log('none'))`;
    return (await host.run(nodeOnHost, '-e', script)).stdout.trim();
  };

  beforeAll(async () => {
    host = await bootSystemdHost();
    await host.run(
      '/bin/sh',
      '-c',
      'ln -s /muster /opt/muster && useradd --system --home-dir /var/lib/muster muster && ip link set lo up',
    );
    await host.unit('muster-server.service', unit);
    await host.run('systemctl', 'start', 'muster-server');
    await eventually('the server is ready', async () => (await status('/readyz')) === '200', 20_000);
  }, 60_000);

  afterAll(() => host?.close());

  it('is a unit that systemd has nothing to say about', async () => {
    const { exitCode, stdout } = await host.run('/bin/sh', '-c', 'systemd-analyze verify muster-server.service 2>&1');
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: '' });
  });

  it('is exposed to little', async () => {
    const { stdout } = await host.run('systemd-analyze', 'security', '--no-pager', 'muster-server');
    const level = Number(/exposure level for muster-server\.service: ([\d.]+)/.exec(stdout)?.[1]);
    expect(level).toBeLessThan(3);
  });

  it('keeps its data where nobody else looks', async () => {
    const { stdout } = await host.run('stat', '-c', '%U %a', '/var/lib/muster', '/var/lib/muster/admin.token');
    expect(stdout).toBe('muster 700\nmuster 600\n');
  });

  it('comes back when it is killed, and ends in order when it is stopped', async () => {
    const before = await property('MainPID');
    await host.run('systemctl', 'kill', '-s', 'KILL', 'muster-server');
    await eventually(
      'another process is ready',
      async () => (await property('MainPID')) !== before && (await status('/readyz')) === '200',
      20_000,
    );
    expect((await host.run('systemctl', 'stop', 'muster-server')).exitCode).toBe(0);
    expect([await property('Result'), await property('ExecMainStatus')]).toEqual(['success', '0']);
  });
});
