import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '../../tests/support/eventually.ts';
import { type Child, startChild } from './child.ts';

let dir: string;
let child: Child;
const lines: string[] = [];
const notices: string[] = [];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'muster start '));
  lines.length = 0;
  notices.length = 0;
});
afterEach(async () => {
  child.kill();
  await child.ended;
  rmSync(dir, { recursive: true, force: true });
});

function run(source: string, graceMs = 60_000): void {
  const entry = join(dir, 'entry.mjs');
  writeFileSync(entry, source);
  child = startChild({
    name: 'server',
    entry,
    args: ['a b'],
    env: process.env,
    graceMs,
    onLine: (line) => void lines.push(line),
    onNotice: (line) => void notices.push(line),
  });
}
const up = (): Promise<void> => eventually('the child is up', () => lines.includes('up'));

describe('a child', () => {
  test('has its last words told, those of its log and those for people', async () => {
    run('for (let n = 0; n < 30; n += 1) console.log(n); console.error(process.argv[2]); process.exitCode = 3;');
    expect(await child.ended).toEqual({ code: 3, signal: null });
    expect(child.lastLines()).toEqual(Array.from({ length: 20 }, (_, index) => String(index + 10)));
    expect([lines.length, notices, child.lastNotice()]).toEqual([30, ['a b'], 'a b']);
  });

  test('ends when it is asked to, once, however often that is', async () => {
    run(
      `process.on('SIGTERM', () => { console.log('asked'); process.exit(0); }); setInterval(() => {}, 1000); console.log('up');`,
    );
    await up();
    expect(child.isStopping()).toBe(false);
    expect(await Promise.all([child.stop(), child.stop()])).toEqual([
      { code: 0, signal: null },
      { code: 0, signal: null },
    ]);
    expect(lines.filter((line) => line === 'asked')).toHaveLength(1);
    expect(child.isStopping()).toBe(true);
  });

  test('that does not end in its grace is killed', async () => {
    run(`process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log('up');`, 50);
    await up();
    expect(await child.stop()).toEqual({ code: null, signal: 'SIGKILL' });
  });
});
