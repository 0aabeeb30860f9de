import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { createFaultyDisk } from '../../tests/support/faulty-disk.ts';
import type { Disk } from '../disk.ts';
import { openSpool } from './spool.ts';

const cases = (['openSync', 'writeSync', 'ftruncateSync', 'rmSync', 'closeSync'] as const).flatMap((call) =>
  ['ENOSPC', 'EDQUOT', 'EIO', 'EROFS'].map((code): [keyof Disk, string] => [call, code]),
);

it.each(cases)('output on a disk whose %s fails with %s ends all the same, and tells what is missing', (call, code) => {
  const dir = mkdtempSync(join(tmpdir(), 'muster-spool-'));
  const disk = createFaultyDisk();
  const events = { pending() {}, sendable() {}, failed() {} };
  const spool = openSpool({ base: join(dir, 'exe_1.1'), logFrom: 5, limitBytes: 8192, disk, events });
  spool.write('out', 'a'.repeat(6000), 1);
  spool.flush();
  disk.fail(call, code);
  disk.fail('ftruncateSync', code);
  spool.write('out', 'b'.repeat(20_000), 2);
  spool.flush();
  const { logSize, cutBytes } = spool.finish(3);
  spool.settled();
  let text = '';
  for (let chunk = spool.read(5); chunk !== undefined; chunk = spool.read(5 + Buffer.byteLength(text)))
    text += chunk.bytes.toString();
  expect(spool.end()).toBe(logSize);
  expect(5 + Buffer.byteLength(text)).toBe(logSize);
  const mark = `\n[${cutBytes} bytes of output were cut here]\n`;
  expect(text).toContain(mark);
  expect(text.length - mark.length + cutBytes).toBe(26_000);
  expect(() => spool.remove()).not.toThrow();
  disk.heal();
  rmSync(dir, { recursive: true });
});
