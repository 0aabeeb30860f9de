import { randomInt } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { findProgram } from '../../agent/execution/find-program.ts';

/** The pids of all processes whose command line holds the text. Linux only. */
export const processesWith = (text: string): number[] =>
  processesWhere((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').includes(text));

/** The pids of all processes that have a variable with this value in their environment. Linux only. */
export const processesMarked = (name: string, value: string): number[] =>
  processesWhere((pid) => readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(`${name}=${value}`));

/** The pids of all processes that work for an agent whose folder is below this one. Linux only. */
export const processesAt = (folder: string): number[] =>
  processesWhere((pid) => readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`MUSTER_WORKSPACE=${folder}/`));

function processesWhere(matches: (pid: string) => boolean): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => {
      try {
        return matches(pid);
      } catch {
        return false; // ended meanwhile
      }
    })
    .map(Number);
}

/** Whether this machine has one of these programs: for tests that need it and say loudly when they cannot run. */
export const isOnPath = (...names: string[]): boolean => findProgram(names, { PATH: process.env.PATH ?? '' }) !== undefined;

/** A duration for `sleep` that no other process has, so that the sleepers of one test can be counted. */
export const uniqueSleep = (): string => `7${process.pid}.${randomInt(1_000_000_000)}`;
