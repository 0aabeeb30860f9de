import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readStartSettings } from './start-settings.ts';

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'muster start '));
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));

const read = (args: string[], env: Record<string, string> = {}) => readStartSettings(args, env, cwd);

describe('what npm start is told', () => {
  test('goes to the process that it is for', async () => {
    const settings = await read(['--port', '9000', '--data-dir=my data', '--slots', '4', '--name=web1', '--log-level', 'debug']);
    expect(settings.serverArgs).toEqual(['--port=9000', '--data-dir=my data', '--log-level=debug']);
    expect(settings.agentArgs).toEqual(['--slots=4', '--name=web1', '--log-level=debug']);
    expect(settings.server).toMatchObject({ port: 9000, dataDir: join(cwd, 'my data') });
    expect([settings.agentName, settings.wantsLogs]).toEqual(['web1', true]);
  });

  test('by variables is passed on, but no secret of the server reaches the agent', async () => {
    const { serverEnv, agentEnv } = await read([], {
      PATH: '/bin',
      MUSTER_ADMIN_TOKEN: 'x'.repeat(32),
      MUSTER_PORT: '9000',
      MUSTER_AGENT_SLOTS: '3',
      MUSTER_TOKEN: 'mst_cli',
      MUSTER_SERVER: 'http://elsewhere',
      MUSTER_LOG_LEVEL: 'warn',
    });
    expect(agentEnv).toEqual({ PATH: '/bin', MUSTER_AGENT_SLOTS: '3', MUSTER_LOG_LEVEL: 'warn' });
    expect(Object.keys(serverEnv).sort()).toEqual(['MUSTER_ADMIN_TOKEN', 'MUSTER_LOG_LEVEL', 'MUSTER_PORT', 'PATH']);
  });

  test('without a log level keeps the terminal calm', async () => {
    expect((await read([])).wantsLogs).toBe(false);
  });

  test.each([
    [['--prot', '1'], {}, /--prot.*The flags are --config, --host, --port/],
    [['--port', 'many'], {}, /--port must be a whole number/],
    [['start'], {}, /'start'/],
    [[], { MUSTER_LEASE_SECONDS: 'soon' }, /MUSTER_LEASE_SECONDS must be seconds/],
  ])('that is wrong is refused: %j %j', async (args, env, words) => {
    await expect(read(args, env)).rejects.toThrow(words);
  });
});
