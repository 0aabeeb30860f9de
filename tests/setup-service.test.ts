import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { compiledAgent } from './support/compiled-agent.ts';
import { eventually } from './support/eventually.ts';
import { bootSystemdHost, nodeOnHost, type SystemdHost, whyNoSystemdHost } from './support/systemd-host.ts';

const why = whyNoSystemdHost();
const inTree = compiledAgent === undefined ? it.skip : it;
if (compiledAgent === undefined) console.warn('NOT TESTED: setup_client.sh --service, for which there is no executable here.');
const patienceMs = 90_000;

(why === undefined ? describe : describe.skip)(
  `the server that setup_server.sh installs as a service (skipped: ${why ?? 'no'})`,
  () => {
    let host: SystemdHost;

    const shell = (script: string) => host.run('/bin/sh', '-c', `exec 2>&1; ${script}`);
    const setUp = (options = '') => shell(`cd / && sh /muster/setup_server.sh --service --skip-env-setup ${options}`);
    const answers = async (url: string): Promise<string> => {
      const script = `fetch('${url}').then((answer) => console.log(answer.status), () => console.log('none'))`;
      return (await host.run(nodeOnHost, '-e', script)).stdout.trim();
    };

    beforeAll(async () => {
      host = await bootSystemdHost();
      await shell('ip link set lo up');
    }, patienceMs);
    afterAll(() => host?.close());

    it(
      'is refused to somebody who is not root',
      async () => {
        await shell('useradd --create-home somebody');
        const { exitCode, stdout } = await shell(`su somebody -c 'sh /muster/setup_server.sh --service --skip-env-setup'`);
        expect(exitCode).toBe(4);
        expect(stdout).toContain('FAIL  Root is needed to install a service');
      },
      patienceMs,
    );

    it(
      'answers, is a service that starts with the host, and is nobody else’s to change',
      async () => {
        const { exitCode, stdout } = await setUp();
        expect(stdout).toContain('ok    The server answers at http://127.0.0.1:8000, as the service muster-server.');
        expect(stdout).toContain('API token   /var/lib/muster/admin.token');
        expect(exitCode).toBe(0);
        expect((await shell('systemctl is-active muster-server; systemctl is-enabled muster-server')).stdout).toBe(
          'active\nenabled\n',
        );
        const { stdout: modes } = await shell(
          'stat -c "%U %G %a %n" /opt/muster /opt/muster/server/main.ts /etc/muster/server.env /var/lib/muster',
        );
        expect(modes).toBe(
          'root root 755 /opt/muster\nroot root 644 /opt/muster/server/main.ts\nroot muster 640 /etc/muster/server.env\nmuster muster 700 /var/lib/muster\n',
        );
        expect((await shell('ls /opt')).stdout).toBe('muster\n');
        expect((await shell('systemd-analyze verify muster-server.service')).stdout).toBe('');
      },
      patienceMs,
    );

    it(
      'run again, keeps settings, data and plugins, and changes what it is told',
      async () => {
        await shell('echo MUSTER_LOG_LEVEL=warn >> /etc/muster/server.env; echo true > /opt/muster/plugins/own.sh');
        const token = (await shell('cat /var/lib/muster/admin.token')).stdout;
        const { exitCode, stdout } = await setUp('--port 9000 --public-url http://muster.example:9000');
        expect(exitCode).toBe(0);
        expect(stdout).toContain('setup_client.sh --server-url http://muster.example:9000 --token TOKEN');
        expect([await answers('http://127.0.0.1:9000/readyz'), await answers('http://127.0.0.1:8000/readyz')]).toEqual([
          '200',
          'none',
        ]);
        expect((await shell('cat /etc/muster/server.env')).stdout).toBe(
          'MUSTER_LOG_LEVEL=warn\nMUSTER_PORT=9000\nMUSTER_PUBLIC_URL=http://muster.example:9000\n',
        );
        expect((await shell('cat /opt/muster/plugins/own.sh /var/lib/muster/admin.token; ls /opt')).stdout).toBe(
          `true\n${token}muster\n`,
        );
      },
      patienceMs,
    );

    it(
      'may have its data elsewhere, and a port of the first thousand',
      async () => {
        const { exitCode, stdout } = await setUp(`--port 80 --data-dir '/srv/my data'`);
        expect([exitCode, stdout]).toEqual([0, expect.stringContaining('API token   /srv/my data/admin.token')]);
        await eventually('it answers', async () => (await answers('http://127.0.0.1:80/readyz')) === '200');
        expect((await shell(`stat -c '%U %a' '/srv/my data' '/srv/my data/admin.token'`)).stdout).toBe(
          'muster 700\nmuster 600\n',
        );
        expect((await shell('systemd-analyze verify muster-server.service')).stdout).toBe('');
      },
      patienceMs,
    );

    it(
      'refuses what a service cannot have, and goes on',
      async () => {
        const { exitCode, stdout } = await setUp('--port 0');
        expect([exitCode, stdout]).toEqual([2, expect.stringContaining('FAIL  --port 0 is another port at each start')]);
        expect(await answers('http://127.0.0.1:80/readyz')).toBe('200');
      },
      patienceMs,
    );

    inTree(
      'joins its own host by setup_client.sh, as a service too, and lets it go',
      async () => {
        const { stdout: created } = await host.run(
          '/bin/sh',
          '-c',
          "MUSTER_DATA_DIR='/srv/my data' /opt/muster/muster join-token create --server http://127.0.0.1 --json",
        );
        const { token } = JSON.parse(created) as { readonly token: string };
        const join = 'cd / && sh /muster/setup_client.sh --skip-env-setup --service';
        const { exitCode, stdout } = await shell(`${join} -ServerUrl http://127.0.0.1 -Token ${token} -ClientName itself`);
        expect([exitCode, stdout]).toEqual([0, expect.stringContaining('itself is Online at http://127.0.0.1')]);
        expect((await shell('systemctl is-active muster-agent')).stdout).toBe('active\n');
        expect((await shell(join)).stdout).toContain('Nothing to do: itself is Online');
        const removed = await shell(`${join} --uninstall; ls -d /var/lib/muster-agent /opt/muster-agent`);
        expect(removed.stdout).toContain('The agent is removed from this host.');
        expect(removed.exitCode).toBe(2);
      },
      patienceMs,
    );

    it(
      'says why it does not come up',
      async () => {
        await shell(
          'echo MUSTER_TLS_CERT=/nowhere.pem >> /etc/muster/server.env; echo MUSTER_TLS_KEY=/nowhere.key >> /etc/muster/server.env',
        );
        const { exitCode, stdout } = await setUp();
        expect(exitCode).toBe(10);
        expect(stdout).toContain('/nowhere.');
      },
      2 * patienceMs,
    );
  },
);
