import { diff } from 'node:util';
import { OutOfTime, within } from './bounded-time.ts';

/** How one text became another: unified, with three lines around each change, as `diff -u` writes it below its file names. */
export type LinePatch = { readonly added: number; readonly removed: number; readonly patch: string };

export type LinePatchBounds = {
  /** after what is the same at both ends is left out; the comparison needs memory by the square of it */
  readonly lines: number;
  readonly ms: number;
};

const context = 3;
const generous: LinePatchBounds = { lines: 4_000, ms: 300 };
/** Lines that take some milliseconds: where a machine stands still for longer than any bound, such texts are compared all the same. */
const alwaysCompared = 400;

/** @returns undefined when the texts are too different to be compared within these bounds */
export function linePatch(before: string, after: string, bounds = generous): LinePatch | undefined {
  const [old, next] = [linesOf(before), linesOf(after)];
  let head = 0;
  while (head < old.length && head < next.length && old[head] === next[head]) head += 1;
  let tail = 0;
  while (tail < old.length - head && tail < next.length - head && old.at(-1 - tail) === next.at(-1 - tail)) tail += 1;
  const [oldMiddle, nextMiddle] = [old.slice(head, old.length - tail), next.slice(head, next.length - tail)];
  if (oldMiddle.length + nextMiddle.length > bounds.lines) return undefined;
  const middle = compared(oldMiddle, nextMiddle, bounds.ms);
  if (middle === undefined) return undefined;
  const same = (lines: readonly string[]): Line[] => lines.map((text) => ({ mark: ' ', text }));
  const lines = [...same(old.slice(0, head)), ...middle, ...same(old.slice(old.length - tail))];
  return {
    added: middle.filter(({ mark }) => mark === '+').length,
    removed: middle.filter(({ mark }) => mark === '-').length,
    patch: hunksOf(lines).join(''),
  };
}

type Line = { readonly mark: ' ' | '+' | '-'; readonly text: string };

const marks = { 0: ' ', 1: '-', '-1': '+' } as const;

function compared(old: readonly string[], next: readonly string[], ms: number): Line[] | undefined {
  // `diff` cannot be asked about nothing
  if (old.length === 0) return next.map((text) => ({ mark: '+', text }));
  if (next.length === 0) return old.map((text) => ({ mark: '-', text }));
  const compare = (): Line[] => diff(old, next).map(([sign, text]) => ({ mark: marks[sign as 0], text }));
  if (old.length + next.length <= alwaysCompared) return compare();
  try {
    return within(ms, compare);
  } catch (error) {
    if (error instanceof OutOfTime || error instanceof RangeError) return undefined;
    throw error;
  }
}

const noEnd = '\\ No newline at end of file\n';

/** A last line without an end keeps a note of it, so that it differs from one that has its end. */
const linesOf = (text: string): string[] =>
  text === '' ? [] : text.split(/(?<=\n)/).map((line) => (line.endsWith('\n') ? line : `${line}\n${noEnd}`));

function hunksOf(lines: readonly Line[]): string[] {
  const hunks: string[] = [];
  let oldLine = 1;
  let nextLine = 1;
  for (let at = 0; at < lines.length; ) {
    const change = lines.findIndex(({ mark }, index) => index >= at && mark !== ' ');
    if (change === -1) break;
    const start = Math.max(at, change - context);
    const end = endOfHunk(lines, change);
    oldLine += start - at;
    nextLine += start - at;
    const shown = lines.slice(start, end);
    const oldCount = shown.filter(({ mark }) => mark !== '+').length;
    const nextCount = shown.filter(({ mark }) => mark !== '-').length;
    const place = (line: number, count: number): string => `${count === 0 ? line - 1 : line},${count}`;
    hunks.push(
      `@@ -${place(oldLine, oldCount)} +${place(nextLine, nextCount)} @@\n${shown.map(({ mark, text }) => mark + text).join('')}`,
    );
    oldLine += oldCount;
    nextLine += nextCount;
    at = end;
  }
  return hunks;
}

/** Changes with few lines between them share a hunk. */
function endOfHunk(lines: readonly Line[], change: number): number {
  let end = change;
  for (let at = change; at < lines.length && at - end <= 2 * context; at += 1) if (lines[at]?.mark !== ' ') end = at;
  return Math.min(lines.length, end + 1 + context);
}
