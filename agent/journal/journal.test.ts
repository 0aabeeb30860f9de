import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { pino } from 'pino';
import type { ResultMessage } from '../../shared/protocol.ts';
import { systemClock } from '../clock.ts';
import { type Journal, type JournalResources, openJournal } from './journal.ts';

const log = pino({ level: 'silent' });

describe('the journal', () => {
  let dir: string;
  let path: string;

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'muster-journal-'));
    path = join(dir, 'journal');
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  const open = (options: Partial<JournalResources> = {}): Journal => openJournal({ path, clock: systemClock, log, ...options });

  it('holds after a restart what was started and not forgotten, with its process and its result', async () => {
    const journal = open();
    await Promise.all([1, 2, 3].map((attempt) => journal.started(started('exe_1', attempt))));
    journal.spawned({ execution: 'exe_1', attempt: 2, pid: 42, startMark: 'm' });
    await journal.ended({
      execution: 'exe_1',
      attempt: 3,
      result: result('exe_1', 3),
      output: [{ stream: 'out', at: 5, text: 'ä\n' }],
    });
    journal.forgotten({ execution: 'exe_1', attempt: 1 });
    await journal.close();

    const again = open();
    expect([...again.found.keys()]).toEqual(['exe_1/2', 'exe_1/3']);
    expect(again.found.get('exe_1/2')).toMatchObject({
      started: { logFrom: 7 },
      spawned: { pid: 42, startMark: 'm' },
      ended: undefined,
    });
    expect(again.found.get('exe_1/3')).toMatchObject({ ended: { result: result('exe_1', 3), output: [{ text: 'ä\n' }] } });
    await again.close();
  });

  it('remembers the starts of the agent back to the last that the server knows, also through a compaction', async () => {
    async function lives(life: string, then: (journal: Journal) => Promise<void> | void = () => {}): Promise<readonly string[]> {
      const journal = open({ compactBytes: 2000 });
      await journal.begin(life);
      const known = journal.lives();
      await then(journal);
      await journal.close();
      return known;
    }
    expect(await lives('one')).toEqual(['one']);
    expect(await lives('two')).toEqual(['two', 'one']);
    expect(await lives('three', (journal) => journal.welcomed())).toEqual(['three', 'two', 'one']);
    const fill = async (journal: Journal): Promise<void> => {
      for (let attempt = 1; attempt <= 40; attempt += 1) {
        await journal.started(started('exe_1', attempt));
        journal.forgotten({ execution: 'exe_1', attempt });
      }
    };
    expect(await lives('four', fill)).toEqual(['four', 'three']);
    expect(statSync(path).size).toBeLessThan(4000);
    expect(await lives('five')).toEqual(['five', 'four', 'three']);
    rmSync(path);
    expect(await lives('six')).toEqual(['six']);
  });

  it('has a started attempt in the file when it says so, without being closed', async () => {
    const journal = open();
    await journal.started(started('exe_1', 1));
    expect(readFileSync(path, 'utf8')).toMatch(/^[0-9a-f]{8} \{"execution":"exe_1","attempt":1,"kind":"started".*\}\n$/);
    await journal.close();
  });

  it('is cut anywhere, and still holds every record that was whole', async () => {
    const journal = open();
    const sizes: number[] = [0];
    for (let attempt = 1; attempt <= 8; attempt += 1) {
      await journal.started(started('exe_ü', attempt));
      sizes.push(statSync(path).size);
    }
    await journal.close();
    const whole = readFileSync(path);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: whole.length }), async (size) => {
        writeFileSync(path, whole);
        truncateSync(path, size);
        const cut = open();
        expect(cut.found.size).toBe(sizes.findLastIndex((end) => end <= size));
        // what is written after the cut is read again
        await cut.started(started('exe_after', 1));
        await cut.close();
        const again = open();
        expect(again.found.has('exe_after/1')).toBe(true);
        expect(again.found.size).toBe(cut.found.size + 1);
        await again.close();
      }),
      { numRuns: 60 },
    );
  });

  it('never takes damage for a record, and keeps an attempt whose damaged line can still be told', async () => {
    const journal = open();
    for (let attempt = 1; attempt <= 3; attempt += 1) await journal.started(started('exe_1', attempt));
    await journal.close();
    const whole = readFileSync(path);
    const lines = whole.toString('utf8').split('\n');
    const second = Buffer.byteLength(`${lines[0]}\n`);
    const details = second + (lines[1] as string).indexOf('"at"');
    const damaged = Buffer.from(whole);
    damaged.writeUInt8(damaged.readUInt8(details) ^ 1, details);
    writeFileSync(path, damaged);

    const again = open();
    expect([...again.found.keys()]).toEqual(['exe_1/1', 'exe_1/2', 'exe_1/3']);
    expect(again.found.get('exe_1/2')).toMatchObject({ started: undefined, ended: undefined });
    await again.close();
  });

  it('reads garbage as nothing', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        writeFileSync(path, bytes);
        const journal = open();
        expect(journal.found.size).toBe(0);
        await journal.close();
      }),
      { numRuns: 50 },
    );
  });

  it('stays small when what it tells of is over', async () => {
    const journal = open({ compactBytes: 20_000 });
    await journal.started(started('exe_long', 1));
    for (let attempt = 1; attempt <= 400; attempt += 1) {
      await journal.started(started('exe_1', attempt));
      journal.forgotten({ execution: 'exe_1', attempt });
    }
    expect(statSync(path).size).toBeLessThan(22_000);
    await journal.close();
    const again = open();
    expect([...again.found.keys()]).toEqual(['exe_long/1']);
    await again.close();
  });

  it('keeps everything through compactions while records come in from all sides', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 120 }), async (steps) => {
        rmSync(path, { force: true });
        const journal = open({ compactBytes: 2000 });
        const expected = new Set<string>();
        const pending: Promise<void>[] = [];
        for (const [index, step] of steps.entries()) {
          const execution = `exe_${step}`;
          if (expected.delete(execution)) journal.forgotten({ execution, attempt: 1 });
          else {
            expected.add(execution);
            pending.push(journal.started(started(execution, 1)));
          }
          if (index % 7 === 0) await Promise.all(pending.splice(0));
        }
        await Promise.all(pending);
        await journal.close();
        const again = open();
        expect([...again.found.values()].map(({ execution }) => execution).sort()).toEqual([...expected].sort());
        await again.close();
      }),
      { numRuns: 30 },
    );
  });

  it('refuses a start that it cannot write, and goes on', async () => {
    const journal = open();
    await journal.started(started('exe_1', 1));
    await journal.close();
    await expect(journal.started(started('exe_1', 2))).rejects.toThrow();
    appendFileSync(path, 'torn');
    const again = open();
    expect([...again.found.keys()]).toEqual(['exe_1/1']);
    await again.close();
  });
});

const started = (execution: string, attempt: number): Parameters<Journal['started']>[0] => ({
  execution,
  attempt,
  at: 1,
  plugin: 'noop',
  action: 'main',
  logFrom: 7,
  outputLimitBytes: 1024,
});

const result = (execution: string, attempt: number): ResultMessage => ({
  type: 'result',
  execution,
  attempt,
  outcome: 'succeeded',
  reason: 'finished',
  message: 'ok',
  exitCode: 0,
  data: { deep: [1, null, 'ß'] },
  durationMs: 12,
  logSize: 10,
  cutBytes: 0,
});
