import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { eventually } from '../../../tests/support/eventually.ts';
import { processesWith } from '../../../tests/support/processes.ts';

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'muster-keep-'));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

(process.platform === 'linux' ? it : it.skip)(
  'the server that a task keeps writes its log, and ends in order when the task is killed',
  async () => {
    const log = join(dataDir, 'server.log');
    const written = (): string => (existsSync(log) ? readFileSync(log, 'utf8') : '');
    const keeper = spawn(process.execPath, [join(import.meta.dirname, 'keep-server.ts'), dataDir], {
      stdio: 'ignore',
      env: { ...process.env, NODE_OPTIONS: '', MUSTER_PORT: '0' },
    });
    try {
      await eventually('the server is ready', () => written().includes('"server ready"'), 15_000);
      expect(processesWith(dataDir)).toHaveLength(2);
      expect(written()).not.toContain('"level":50');
    } finally {
      keeper.kill('SIGKILL');
      await once(keeper, 'close');
    }
    await eventually('the server has ended', () => processesWith(dataDir).length === 0, 15_000);
    // in order: nothing is left for the next start to recover
    expect(existsSync(join(dataDir, 'muster.db-wal'))).toBe(false);
  },
);
