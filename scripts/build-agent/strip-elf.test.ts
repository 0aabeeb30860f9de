import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { stripElf } from './strip-elf.ts';

const isLinux = process.platform === 'linux';

describe('an executable without its names for debuggers', () => {
  (isLinux ? it : it.skip)(`is smaller and runs as before${isLinux ? '' : ' (NOT TESTED: this takes Linux)'}`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'muster-strip-'));
    try {
      const whole = readFileSync(process.execPath);
      const stripped = stripElf(whole);
      expect(stripped.length).toBeLessThan(whole.length - 10_000_000);
      const file = join(folder, 'node');
      writeFileSync(file, stripped);
      chmodSync(file, 0o755);
      const script = 'console.log(process.version, require("zlib").gunzipSync(require("zlib").gzipSync("hello")).toString())';
      expect(execFileSync(file, ['-e', script]).toString()).toBe(`${process.version} hello\n`);
      expect(stripElf(stripped).equals(stripped)).toBe(true);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('is not made of something else', () => {
    expect(() => stripElf(Buffer.from('MZ, a program of Windows'))).toThrow('This is no 64-bit ELF file.');
  });
});
