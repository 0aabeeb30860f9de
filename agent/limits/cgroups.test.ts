import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { openCgroups } from './cgroups.ts';

/** A folder that looks like a mounted cgroup v2; what a kernel would do with it is not tried here. */
let root: string;
const base = (): string => join(root, 'system.slice/muster-agent.service');
const write = (file: string, text: string): void => writeFileSync(join(base(), file), text);
const read = (file: string): string => readFileSync(join(base(), file), 'utf8');

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'muster-cgroups-'));
  mkdirSync(base(), { recursive: true });
  write('cgroup.controllers', 'cpuset cpu io memory pids\n');
  write('cgroup.subtree_control', '\n');
  write('cgroup.procs', '4711\n');
});
afterEach(() => rmSync(root, { recursive: true }));

const open = () => openCgroups({ root, membership: '1:name=x:/y\n0::/system.slice/muster-agent.service\n', pid: 4711 });

describe('the control groups of an agent', () => {
  test('are made below its own, out of which it moves first', () => {
    const groups = open();
    expect([...groups.holds]).toEqual(['memoryMb', 'cpuPercent', 'processes']);
    expect(read('muster-agent/cgroup.procs')).toBe('4711');
    expect(read('cgroup.subtree_control')).toBe('+cpu +memory +pids');
    const group = groups.open('exe_1.1', { memoryMb: 100, cpuPercent: 150, processes: 20 });
    expect(read('muster-job-exe_1.1/memory.max')).toBe('104857600');
    expect(read('muster-job-exe_1.1/cpu.max')).toBe('150000 100000');
    expect(read('muster-job-exe_1.1/pids.max')).toBe('20');
    expect(group.joinFile).toBe(join(base(), 'muster-job-exe_1.1/cgroup.procs'));
  });

  test('tell that the system ended something for want of memory', () => {
    const group = open().open('job', { memoryMb: 100 });
    expect(group.wasOutOfMemory()).toBe(false);
    write('muster-job-job/memory.events', 'low 0\nhigh 0\nmax 12\noom 1\noom_kill 0\n');
    expect(group.wasOutOfMemory()).toBe(false);
    write('muster-job-job/memory.events', 'low 0\nhigh 0\nmax 12\noom 1\noom_kill 1\n');
    expect(group.wasOutOfMemory()).toBe(true);
  });

  test('are none where the host has no cgroup v2, or no controllers of it', () => {
    expect(openCgroups({ root, membership: '4:memory:/x\n', pid: 1 }).holds.size).toBe(0);
    // both versions side by side: the group of v2 is not below this root
    expect(openCgroups({ root, membership: '4:memory:/x\n0::/elsewhere\n', pid: 1 }).holds.size).toBe(0);
    write('cgroup.controllers', '');
    expect(open().holds.size).toBe(0);
  });
});
