import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { takeLock } from './lock.ts';
import { processStartMark } from './process-start.ts';

describe('the lock of an agent folder', () => {
  let dir: string;
  let path: string;

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'muster-lock-'));
    path = join(dir, 'agent.lock');
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  const take = (): ReturnType<typeof takeLock> => takeLock(path, Date.now);

  it('is held by one at a time, and free again after its release', () => {
    const lock = take();
    expect(take).toThrow(`The folder is in use by the agent with process id ${process.pid}.`);
    lock.release();
    take().release();
    expect(readdirSync(dir)).toEqual([]);
  });

  it('is taken over from a process that is gone', () => {
    writeFileSync(path, JSON.stringify({ pid: 2 ** 22 + 1, startMark: 'x' }));
    take();
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ pid: process.pid });
  });

  const itWithMarks = processStartMark(process.pid) === undefined ? it.skip : it;
  itWithMarks('is taken over when its pid belongs to another program by now', () => {
    writeFileSync(path, JSON.stringify({ pid: process.ppid, startMark: 'another-start' }));
    expect(take).not.toThrow();
  });

  it('is not taken over from a living process of which no start is known', () => {
    writeFileSync(path, JSON.stringify({ pid: process.pid, startMark: null }));
    expect(take).toThrow('The folder is in use');
  });

  it('is taken over when nobody can tell whose it is', () => {
    writeFileSync(path, '{"pid');
    take().release();
    expect(existsSync(path)).toBe(false);
  });

  it('is not released by one that lost it', () => {
    const lock = take();
    writeFileSync(path, 'somebody else');
    lock.release();
    expect(existsSync(path)).toBe(true);
  });
});
