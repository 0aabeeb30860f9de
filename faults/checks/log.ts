import type { LogChunksTable } from '../../server/schema/tables/tasks.tables.ts';
import type { Evidence } from '../evidence.ts';
import type { ExecutionCase, Violation } from '../facts.ts';
import { workLine } from '../work-plugins.ts';

/**
 * Gap-free logs: the offsets have no hole and no overlap, and the text is what the work printed, attempt after attempt: all of it for an
 * attempt whose end was reported, a beginning of it for one that was killed or lost.
 */
export function checkLog(one: ExecutionCase, chunks: readonly LogChunksTable[]): { violations: Violation[]; bytes: number } {
  const { row, attempts, evidence } = one;
  const violations: Violation[] = [];
  const found = (what: string): void => void violations.push({ promise: 'gap-free logs', what });
  let size = 0;
  for (const chunk of chunks) {
    if (chunk.start !== size) found(`a chunk begins at ${chunk.start}, where ${size} was expected`);
    if (Buffer.byteLength(chunk.text) !== chunk.bytes)
      found(`the chunk at ${chunk.start} holds ${Buffer.byteLength(chunk.text)} bytes and says ${chunk.bytes}`);
    size = chunk.start + chunk.bytes;
  }
  // the ledger's own notes of an attempt that it gave up are of the size that it held then
  if (row.open === 0 && row.log_bytes > size) found(`the row says ${row.log_bytes} bytes, the log holds ${size}`);

  const parts = splitAtCuts(chunks);
  const outcomes = new Map<number, string>(attempts.map(({ attempt, outcome }) => [attempt, outcome]));
  // one that is queued again keeps the number of its last attempt
  if (row.attempt > 0 && !outcomes.has(row.attempt)) outcomes.set(row.attempt, row.state);
  const started = [...evidence.values()].filter(({ starts }) => starts.length > 0).sort((a, b) => a.attempt - b.attempt);
  let at: Position = { part: 0, offset: 0 };
  for (const work of started) {
    const outcome = outcomes.get(work.attempt) ?? 'not_started';
    const complete = outcome === 'succeeded' || (outcome === 'failed' && work.ends.length > 0);
    const followed = follow(parts, at, printedBy(work), complete);
    if (followed.fault !== undefined) found(`attempt ${work.attempt} (${outcome}): ${followed.fault}`);
    at = followed.at;
  }
  const rest = parts.slice(at.part + 1).map(({ text }) => text);
  const left = (parts[at.part]?.text.slice(at.offset) ?? '') + rest.join('');
  if (left !== '') found(`the log holds what no attempt printed there: ${JSON.stringify(left.slice(0, 160))}`);
  return { violations, bytes: size };
}

/** Output between two marks of a cut; `cut` is how many bytes are said to be missing behind it. */
type Part = { readonly text: string; readonly cut: number };
type Position = { readonly part: number; readonly offset: number };

function splitAtCuts(chunks: readonly LogChunksTable[]): Part[] {
  const parts: Part[] = [];
  let text = '';
  for (const chunk of chunks) {
    if (chunk.stream === 'out') text += chunk.text;
    else if (chunk.stream === 'cut') {
      parts.push({ text, cut: Number(/\[(\d+) bytes/.exec(chunk.text)?.[1] ?? 'NaN') });
      text = '';
    }
  }
  parts.push({ text, cut: 0 });
  return parts;
}

function printedBy({ attempt, lines, flood }: Evidence): string {
  const numbers = flood > 0 ? Array.from({ length: flood }, (_, index) => index + 1) : lines;
  return numbers.map((line) => workLine(attempt, line)).join('');
}

/** Goes on in the log through what one attempt printed. */
function follow(parts: readonly Part[], from: Position, printed: string, complete: boolean): { at: Position; fault?: string } {
  const part = parts[from.part];
  if (part === undefined) return { at: from };
  const text = part.text.slice(from.offset);
  const same = commonLength(text, printed);
  const at = { part: from.part, offset: from.offset + same };
  if (same === printed.length) return { at };
  const after = parts[from.part + 1];
  if (at.offset < part.text.length || after === undefined || part.cut === 0)
    return complete
      ? {
          at,
          fault: `it printed ${printed.length} characters, of which the log holds the first ${same}, then ${JSON.stringify(text.slice(same, same + 60))}`,
        }
      : { at };
  // what follows the mark is what it printed that many bytes later
  const rest = Buffer.from(printed.slice(same));
  const tail = rest.subarray(part.cut).toString();
  const kept = commonLength(after.text, tail);
  const behind = { part: from.part + 1, offset: kept };
  return kept < tail.length && complete
    ? {
        at: behind,
        fault: `behind a cut of ${part.cut} bytes the log holds ${kept} characters of ${tail.length}, then ${JSON.stringify(after.text.slice(kept, kept + 60))}`,
      }
    : { at: behind };
}

function commonLength(a: string, b: string): number {
  const most = Math.min(a.length, b.length);
  let low = 0;
  let high = most;
  // most often one is the beginning of the other
  if (a.slice(0, most) === b.slice(0, most)) return most;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (a.startsWith(b.slice(0, middle))) low = middle;
    else high = middle - 1;
  }
  return low;
}
