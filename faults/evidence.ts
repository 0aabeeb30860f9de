import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the work itself says of one attempt: the lines of its file. */
export type Evidence = {
  readonly execution: string;
  readonly attempt: number;
  readonly starts: readonly { readonly pid: number; readonly at: number }[];
  /** numbers of the lines that it was about to print, in order */
  readonly lines: readonly number[];
  /** lines of a flood, which come without a word each */
  readonly flood: number;
  readonly ends: readonly { readonly status: string; readonly at: number }[];
  readonly lastAt: number;
  readonly text: string;
};

/** By execution, then by attempt. */
export function readEvidence(workDir: string): Map<string, Map<number, Evidence>> {
  const all = new Map<string, Map<number, Evidence>>();
  for (const name of readdirSync(workDir)) {
    const dot = name.lastIndexOf('.');
    const evidence = parseEvidence(name.slice(0, dot), Number(name.slice(dot + 1)), readFileSync(join(workDir, name), 'utf8'));
    const attempts = all.get(evidence.execution) ?? new Map<number, Evidence>();
    attempts.set(evidence.attempt, evidence);
    all.set(evidence.execution, attempts);
  }
  return all;
}

export function parseEvidence(execution: string, attempt: number, text: string): Evidence {
  const starts: { pid: number; at: number }[] = [];
  const ends: { status: string; at: number }[] = [];
  const lines: number[] = [];
  let flood = 0;
  let lastAt = 0;
  for (const line of text.split('\n')) {
    const [what = '', value = '', at = ''] = line.split(' ');
    // the last line of work that was killed may be torn
    if (at === '') continue;
    lastAt = Math.max(lastAt, Number(at));
    if (what === 'start') starts.push({ pid: Number(value), at: Number(at) });
    else if (what === 'line') lines.push(Number(value));
    else if (what === 'flood') flood = Number(value);
    else if (what === 'end') ends.push({ status: value, at: Number(at) });
  }
  return { execution, attempt, starts, lines, flood, ends, lastAt, text };
}
