import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '../../../tests/support/eventually.ts';
import { processesWith } from '../../../tests/support/processes.ts';
import { restartPauseMs } from './restart-pause.ts';

const script = join(import.meta.dirname, 'keep-server.ts');
const patienceMs = 30_000;

it('the pauses before a server is started again grow to a minute', () => {
  expect([1, 2, 3, 6, 7, 100].map(restartPauseMs)).toEqual([1000, 2000, 4000, 32_000, 60_000, 60_000]);
});

(process.platform === 'linux' ? describe : describe.skip)('the server that a task keeps', () => {
  let dataDir: string;
  let keeper: ChildProcess;
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'muster-keep-'));
  });
  afterEach(async () => {
    if (keeper.exitCode === null && keeper.signalCode === null) {
      keeper.kill('SIGKILL');
      await once(keeper, 'close');
    }
    await eventually('nothing of it runs', () => processesWith(dataDir).length === 0, patienceMs / 2);
    rmSync(dataDir, { recursive: true, force: true });
  });

  const keep = (settings: Readonly<Record<string, string>> = {}): void => {
    keeper = spawn(process.execPath, [script, dataDir], {
      stdio: 'ignore',
      env: { ...process.env, NODE_OPTIONS: '', MUSTER_PORT: '0', ...settings },
    });
  };
  const written = (): string => {
    const log = join(dataDir, 'server.log');
    return existsSync(log) ? readFileSync(log, 'utf8') : '';
  };
  const starts = (): number => written().split('"server ready"').length - 1;
  const isReady = (times = 1): Promise<void> =>
    eventually(`the server is ready, ${times} times`, () => starts() === times, patienceMs / 2);
  const serverPid = (): number | undefined => processesWith(dataDir).find((pid) => pid !== keeper.pid);

  it(
    'writes its log, and ends in order when the task is killed',
    async () => {
      keep();
      await isReady();
      expect(processesWith(dataDir)).toHaveLength(2);
      expect(written()).not.toContain('"level":50');
      keeper.kill('SIGKILL');
      await once(keeper, 'close');
      await eventually('the server has ended', () => processesWith(dataDir).length === 0, patienceMs / 2);
      // in order: nothing is left for the next start to recover
      expect(existsSync(join(dataDir, 'muster.db-wal'))).toBe(false);
    },
    patienceMs,
  );

  it(
    'is started again when it has ended by itself, and not when it is asked to end',
    async () => {
      keep();
      await isReady();
      process.kill(serverPid() ?? 0, 'SIGKILL');
      await isReady(2);
      expect(written()).toContain('server ended with code 1, and is started again in 1 s');
      keeper.kill('SIGTERM');
      expect(await once(keeper, 'close')).toEqual([0, null]);
      expect([starts(), processesWith(dataDir)]).toEqual([2, []]);
    },
    patienceMs,
  );

  it(
    'is tried again with pauses where it cannot start, and says why each time',
    async () => {
      keep({ MUSTER_TLS_CERT: '/nowhere.pem', MUSTER_TLS_KEY: '/nowhere.key' });
      await eventually('it waits the second time', () => written().includes('is started again in 2 s'), patienceMs / 2);
      expect(written().split('/nowhere.').length - 1).toBeGreaterThanOrEqual(2);
      keeper.kill('SIGTERM');
      expect(await once(keeper, 'close')).toEqual([1, null]);
    },
    patienceMs,
  );
});
