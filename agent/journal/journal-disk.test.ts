import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import type { ResultMessage } from '../../shared/protocol.ts';
import { createFakeClock, type FakeClock } from '../../tests/support/clock.ts';
import { createFaultyDisk, type FaultyDisk } from '../../tests/support/faulty-disk.ts';
import { type Journal, type JournalResources, openJournal } from './journal.ts';
import { readJournal } from './journal-reading.ts';
import { reserveBytes } from './reserve.ts';

const log = pino({ level: 'silent' });
const first = { execution: 'exe_1', attempt: 1 };

describe('a journal on a disk that fails', () => {
  let dir: string;
  let path: string;
  let disk: FaultyDisk;
  let clock: FakeClock;
  let journal: Journal;

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'muster-journal-'));
    path = join(dir, 'journal');
    disk = createFaultyDisk();
    clock = createFakeClock();
    journal = open();
  });
  afterEach(async () => {
    disk.heal();
    await journal.close().catch(() => {});
    rmSync(dir, { recursive: true, force: true });
  });

  const open = (options: Partial<JournalResources> = {}): Journal => openJournal({ path, clock, log, disk, ...options });
  const onDisk = () => readJournal(readFileSync(path)).attempts;
  /** of a disk that has not one free block but those of the reserve */
  function fill(): void {
    disk.fail('writeSync', 'ENOSPC', { times: 1, path });
    disk.fail('openSync', 'ENOSPC', { path: `${path}.reserve` });
  }

  it.each(['ENOSPC', 'EDQUOT', 'EIO', 'EROFS'])(
    'refuses a start when the write fails with %s, holds nothing of it, and goes on',
    async (code) => {
      disk.fail('writeSync', code, { times: 1, path });
      await expect(journal.started(started(1))).rejects.toThrow(code);
      await journal.started(started(2));
      await clock.advance(5000);
      expect([...onDisk().keys()]).toEqual(['exe_1/2']);
      expect(journal.trouble()).toBeUndefined();
    },
  );

  it('refuses a start whose fsync fails, and does not hold it after a restart either', async () => {
    await journal.started(started(1));
    disk.fail('fdatasync', 'EIO', { times: 1 });
    await expect(journal.started(started(2))).rejects.toThrow('EIO');
    expect(journal.trouble()).toContain('could not be written (EIO');
    await clock.advance(5000);
    expect(journal.trouble()).toBeUndefined();
    expect([...onDisk().keys()]).toEqual(['exe_1/1']);
  });

  it('gives up its reserve for the end of work, not for a start, and takes it back when there is room', async () => {
    await journal.started(started(1));
    expect(statSync(`${path}.reserve`).size).toBe(reserveBytes);
    fill();
    await expect(journal.started(started(2))).rejects.toThrow('ENOSPC');
    expect(existsSync(`${path}.reserve`)).toBe(true);
    disk.fail('writeSync', 'ENOSPC', { times: 1, path });
    await journal.ended(ended());
    expect(existsSync(`${path}.reserve`)).toBe(false);
    expect(onDisk().get('exe_1/1')?.ended?.result).toMatchObject({ message: 'ok' });
    expect(journal.trouble()).toContain('reserve');
    await clock.advance(10_000);
    expect(journal.trouble()).toContain('reserve');
    disk.heal();
    await clock.advance(60_000);
    expect(journal.trouble()).toBeUndefined();
    expect(existsSync(`${path}.reserve`)).toBe(true);
  });

  it.each(['ENOSPC', 'EDQUOT', 'EIO', 'EROFS'])(
    'owes a result that it cannot write (%s) until the disk takes it',
    async (code) => {
      await journal.started(started(1));
      disk.fail('writeSync', code);
      await journal.ended(ended());
      expect(onDisk().get('exe_1/1')?.ended).toBeUndefined();
      expect(journal.trouble()).toContain(code);
      await clock.advance(120_000);
      // it neither spins nor gives up
      expect(disk.failures()).toBeLessThan(40);
      disk.heal();
      await clock.advance(60_000);
      expect(journal.trouble()).toBeUndefined();
      expect(onDisk().get('exe_1/1')?.ended?.result).toMatchObject({ message: 'ok' });
    },
  );

  it('writes the journal anew when an fsync failed, since nobody knows what the disk has', async () => {
    await journal.started(started(1));
    const { ino } = statSync(path);
    await journal.ended(ended());
    disk.fail('fdatasync', 'EIO', { times: 1 });
    await clock.advance(300);
    await clock.advance(5000);
    expect(statSync(path).ino).not.toBe(ino);
    expect(onDisk().get('exe_1/1')?.ended).toBeDefined();
    await journal.started(started(2));
    expect(onDisk().has('exe_1/2')).toBe(true);
  });

  it('does not bring back what was acknowledged while its result was owed', async () => {
    await journal.started(started(1));
    disk.fail('writeSync', 'ENOSPC');
    await journal.ended(ended());
    journal.forgotten(first);
    await clock.advance(2000);
    disk.heal();
    await clock.advance(60_000);
    expect(onDisk().size).toBe(0);
  });

  it.each(['openSync', 'writeSync', 'fsyncSync', 'renameSync'] as const)(
    'keeps the old file when a compaction fails at %s, and tries again later',
    async (call) => {
      await journal.close();
      journal = open({ compactBytes: 3000 });
      disk.fail(call, 'ENOSPC', { path: `${path}.new` });
      for (let attempt = 1; attempt <= 20; attempt += 1) {
        await journal.started(started(attempt));
        if (attempt > 1) journal.forgotten({ execution: 'exe_1', attempt });
      }
      expect([disk.failures() > 0, existsSync(`${path}.new`)]).toEqual([true, false]);
      expect([...onDisk().keys()]).toContain('exe_1/1');
      disk.heal();
      await clock.advance(31_000);
      await journal.started(started(99));
      expect(statSync(path).size).toBeLessThan(3000);
      expect([...onDisk().keys()].sort()).toEqual(['exe_1/1', 'exe_1/99']);
    },
  );

  it('starts over a compaction in which an agent died', async () => {
    await journal.started(started(1));
    await journal.close();
    writeFileSync(`${path}.new`, readFileSync(path).subarray(0, 20));
    journal = open();
    expect([[...journal.found.keys()], existsSync(`${path}.new`)]).toEqual([['exe_1/1'], false]);
  });

  const started = (attempt: number): Parameters<Journal['started']>[0] => ({
    execution: 'exe_1',
    attempt,
    at: 1,
    plugin: 'noop',
    action: 'main',
    logFrom: 0,
    outputLimitBytes: 1024,
  });

  const ended = (): Parameters<Journal['ended']>[0] => ({ ...first, result, output: [] });
});

const result: ResultMessage = {
  type: 'result',
  execution: 'exe_1',
  attempt: 1,
  outcome: 'succeeded',
  reason: 'finished',
  message: 'ok',
  exitCode: 0,
  data: null,
  durationMs: 12,
  logSize: 0,
  cutBytes: 0,
};
