import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { HeldChunk } from '../journal/journal-records.ts';
import { openSpool, type Spool } from './spool.ts';

const mark = (bytes: number): string => `\n[${bytes} bytes of output were cut here]\n`;

describe('the spool of an attempt', () => {
  let dir: string;
  let base: string;
  let failures: unknown[];

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'muster-spool-'));
    base = join(dir, 'exe_1.1');
    failures = [];
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  const open = (limitBytes = 1024 * 1024, logFrom = 0, ended?: readonly HeldChunk[]): Spool =>
    openSpool(
      { base, logFrom, limitBytes, events: { pending: () => {}, sendable: () => {}, failed: (error) => failures.push(error) } },
      { ended },
    );

  it('keeps short output in memory until the end, without a file', () => {
    const spool = open(1024, 5);
    spool.write('out', 'one ', 1);
    spool.write('out', 'two', 2);
    spool.write('err', 'ä', 3);
    expect(spool.end()).toBe(5);
    const { output, logSize, cutBytes } = spool.finish(4);
    expect(output).toEqual([
      { stream: 'out', at: 1, text: 'one two' },
      { stream: 'err', at: 3, text: 'ä' },
    ]);
    expect([logSize, cutBytes]).toEqual([14, 0]);
    // before its end is journalled, nothing of it may be sent
    expect(spool.end()).toBe(5);
    expect(spool.read(5)).toBeUndefined();
    spool.settled();
    expect(textFrom(spool, 5)).toBe('one twoä');
    expect(textFrom(spool, 9)).toBe('twoä');
    expect(readdirSync(dir)).toEqual([]);
  });

  it('gives what was flushed at once, from any offset, also to the next process', () => {
    const spool = open();
    spool.write('out', 'abc', 1);
    spool.flush();
    spool.write('err', 'def', 2);
    spool.flush();
    expect(spool.end()).toBe(6);
    expect(textFrom(spool, 4)).toBe('ef');
    expect(textFrom(spool, 1)).toBe('bcdef');
    spool.rest();
    expect(textFrom(open(), 2)).toBe('cdef');
  });

  it('marks in the middle how much it cut, and keeps head and tail', () => {
    const spool = open(1024);
    const text = Array.from({ length: 1000 }, (_, line) => `line ${line}\n`).join('');
    for (const part of text.match(/.{1,100}/gs) ?? []) {
      spool.write('out', part, 1);
      spool.flush();
    }
    expect(spool.end()).toBe(512);
    const { cutBytes, logSize } = spool.finish(2);
    spool.settled();
    expect(cutBytes).toBe(text.length - 1024);
    const kept = textFrom(spool, 0);
    expect(kept).toBe(text.slice(0, 512) + mark(cutBytes) + text.slice(-512));
    expect(Buffer.byteLength(kept)).toBe(logSize);
    expect(streamsOf(spool)).toContain('cut');
    expect(readdirSync(dir)).toEqual(['exe_1.1']);
  });

  it('holds a bounded part of an endless output on disk', () => {
    const spool = open(100_000);
    let largest = 0;
    for (let round = 0; round < 300; round += 1) {
      spool.write('out', 'x'.repeat(10_000), 1);
      spool.flush();
      largest = Math.max(
        largest,
        readdirSync(dir).reduce((sum, name) => sum + statSync(join(dir, name)).size, 0),
      );
    }
    expect(largest).toBeLessThan(250_000);
    expect(spool.finish(1).cutBytes).toBe(3_000_000 - 100_000);
  });

  it('cuts nothing of an output that just fits', () => {
    const spool = open(2000);
    spool.write('out', 'ä'.repeat(500), 1);
    spool.flush();
    spool.write('out', 'b'.repeat(1000), 1);
    const { cutBytes, logSize } = spool.finish(1);
    spool.settled();
    expect([cutBytes, logSize]).toEqual([0, 2000]);
    expect(textFrom(spool, 0)).toBe('ä'.repeat(500) + 'b'.repeat(1000));
  });

  it('has every byte once and in order, whatever is written, flushed, killed and cut', () => {
    const step = fc.oneof(
      fc.record({
        kind: fc.constant('write' as const),
        stream: fc.constantFrom('out' as const, 'err' as const),
        text: fc.string({ unit: 'grapheme', maxLength: 300 }),
      }),
      fc.record({ kind: fc.constant('flush' as const) }),
      fc.record({ kind: fc.constant('kill' as const) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1024, max: 6000 }), (steps, limit) => {
        rmSync(dir, { recursive: true, force: true });
        dir = mkdtempSync(join(tmpdir(), 'muster-spool-'));
        base = join(dir, 'exe_1.1');
        let spool = open(limit, 3);
        let written = '';
        let flushed = '';
        for (const item of steps) {
          if (item.kind === 'write') {
            spool.write(item.stream, item.text, 1);
            written += item.text.toWellFormed();
          } else {
            if (item.kind === 'flush') spool.flush();
            if (item.kind === 'flush') flushed = written;
            if (item.kind === 'kill') {
              // a killed agent loses what was not written yet, and no more; it does not go on writing, but finishes
              written = flushed;
              spool.rest();
              spool = open(limit, 3);
              break;
            }
          }
        }
        const before = textFrom(spool, 3);
        const { output, cutBytes, logSize } = spool.finish(9);
        spool.rest();
        const again = open(limit, 3, output);
        again.settled();
        const kept = textFrom(again, 3);
        expect(Buffer.byteLength(kept)).toBe(logSize - 3);
        expect(kept.startsWith(before)).toBe(true);
        const bytes = Buffer.from(written);
        if (bytes.length <= limit) {
          expect([kept, cutBytes]).toEqual([written, 0]);
        } else {
          const [head = '', tail = ''] = kept.split(mark(cutBytes));
          expect(written.startsWith(head)).toBe(true);
          expect(written.endsWith(tail)).toBe(true);
          expect(Buffer.byteLength(head) + cutBytes + Buffer.byteLength(tail)).toBe(bytes.length);
          expect(Buffer.byteLength(head)).toBeGreaterThan(limit / 2 - 5);
          expect(Buffer.byteLength(tail)).toBeGreaterThan(limit / 2 - 5);
        }
        again.remove();
        expect(readdirSync(dir)).toEqual([]);
      }),
      { numRuns: 150 },
    );
    expect(failures).toEqual([]);
  });

  it('finishes in the same way a second time, after the agent was killed between the end and its record', () => {
    const text = 'line\n'.repeat(1000);
    const spool = open(1024);
    spool.write('out', text, 1);
    const first = spool.finish(1);
    spool.rest();
    const again = open(1024);
    expect(textFrom(again, 0)).toBe(text.slice(0, 512));
    expect(again.finish(2)).toEqual(first);
  });

  it('says what was lost when the disk takes no more', () => {
    const spool = open();
    spool.write('out', 'kept', 1);
    spool.flush();
    spool.rest();
    rmSync(dir, { recursive: true, force: true });
    spool.write('out', 'x'.repeat(100_000), 2);
    const { cutBytes } = spool.finish(3);
    expect(cutBytes).toBe(100_000);
    expect(failures).toHaveLength(1);
  });
});

function textFrom(spool: Spool, offset: number): string {
  const parts: Buffer[] = [];
  let at = offset;
  for (let chunk = spool.read(at); chunk !== undefined; chunk = spool.read(at)) {
    parts.push(chunk.bytes);
    at += chunk.bytes.length;
  }
  expect(at).toBe(spool.end());
  return Buffer.concat(parts).toString('utf8');
}

function streamsOf(spool: Spool): string[] {
  const streams: string[] = [];
  let at = 0;
  for (let chunk = spool.read(at); chunk !== undefined; chunk = spool.read(at)) {
    streams.push(chunk.stream);
    at += chunk.bytes.length;
  }
  return streams;
}
