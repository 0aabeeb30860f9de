import type { Folded } from '../../../shared/api/runs.ts';
import { foldHostNames } from '../../../shared/host-ranges.ts';
import { type Json, readableJson } from '../../../shared/json.ts';
import { linePatch } from '../../platform/text/line-patch.ts';
import { findExecution } from './executions.store.ts';
import { comparedBytes, type FoldResources } from './fold.service.ts';
import { type FoldGroup, majorityOf } from './fold.ts';
import { retryCounts } from './retry-choice.ts';
import type { ExecutionRow } from './rows.ts';

/** How much of the groups is told. Of all of them together about `bytes` are shown; once they are spent, each has `leastBytes`. */
export type FoldSize = {
  readonly groups: number;
  readonly bytes: number;
  readonly groupBytes: number;
  readonly leastBytes: number;
};

export const wholeFold: FoldSize = { groups: 1000, bytes: 4 * 1024 * 1024, groupBytes: comparedBytes, leastBytes: 512 };
/** What a page can show at once. */
export const pageFold: FoldSize = { groups: 40, bytes: 48 * 1024, groupBytes: 6 * 1024, leastBytes: 256 };

type Shown = Folded['groups'][number];
type Diff = Shown['diff'];

/** Comparing is done at once, while all others wait: little per group, and not much in all. */
const diffBounds = { lines: 1000, ms: 50 };
const diffMs = 150;

export async function shownFold(
  groups: readonly FoldGroup[],
  size: FoldSize,
  resources: FoldResources,
): Promise<Pick<Folded, 'groups' | 'omitted' | 'retry'>> {
  const majority = majorityOf(groups);
  const told = groups.filter((group, index) => index < size.groups || group === majority);
  const left = groups.length - told.length;
  const reference = majority === undefined ? undefined : await read(majority, comparedBytes, resources);
  const compare = createCompare(reference);
  const shown: Shown[] = [];
  let room = size.bytes;
  for (const group of told) {
    const may = Math.min(size.groupBytes, Math.max(room, size.leastBytes));
    const is = group === majority ? reference : await read(group, comparedBytes, resources);
    const { bytes, ...one } = show(group, is, may);
    const isCompared = group !== majority && group.first.open === 0 && group.first.attempt > 0;
    shown.push({ ...one, majority: group === majority, ...(isCompared ? compare(is) : noDiff) });
    room -= bytes;
  }
  const executions = groups.reduce((sum, { hosts }) => sum + hosts.length, 0) - shown.reduce((sum, { count }) => sum + count, 0);
  return { groups: shown, omitted: { groups: left, executions }, retry: retryCounts(groups) };
}

type Read = { readonly row: ExecutionRow | undefined; readonly text: string; readonly truncated: boolean };

async function read({ first }: FoldGroup, limit: number, { db, outputOf }: FoldResources): Promise<Read> {
  const row = await findExecution(db.read, first.id);
  if (row === undefined || row.open === 1 || row.attempt === 0) return { row, text: '', truncated: false };
  return { row, ...(await outputOf(first.id, limit, row.log_from)) };
}

function show(
  { first, hosts }: FoldGroup,
  is: Read | undefined,
  room: number,
): Omit<Shown, 'majority' | 'diff' | 'dataDiff'> & { bytes: number } {
  const { row, text = '', truncated = false } = is ?? {};
  const data = row?.data ?? '';
  const isDataShown = data.length <= room;
  const message = (row?.message ?? row?.reason_text ?? '').slice(0, room);
  const output = firstBytes(text, room);
  return {
    bytes: Buffer.byteLength(output) + message.length + (isDataShown ? data.length : 0),
    state: first.state,
    reason: first.reason,
    exitCode: row?.exit_code ?? null,
    count: hosts.length,
    hosts: foldHostNames(hosts),
    executionId: first.id,
    message,
    data: data === '' || !isDataShown ? null : (JSON.parse(data) as Json),
    output,
    outputTruncated: truncated || output.length < text.length || !isDataShown,
  };
}

/** As many whole characters as fit. */
function firstBytes(text: string, limit: number): string {
  if (Buffer.byteLength(text) <= limit) return text;
  // U+FFFD stands at the end for a character that was cut
  return Buffer.from(text)
    .subarray(0, limit)
    .toString()
    .replace(/\uFFFD+$/, '');
}

const noDiff = { diff: null, dataDiff: null } as const;

function createCompare(reference: Read | undefined): (is: Read | undefined) => { diff: Diff; dataDiff: Diff } {
  let leftMs = diffMs;
  return (is) => {
    if (reference === undefined || is === undefined) return noDiff;
    const [theirs, own] = [reference.row?.data ?? null, is.row?.data ?? null];
    const diff = bounded(reference.text, is.text);
    return { diff, dataDiff: theirs === own ? null : bounded(readable(theirs), readable(own)) };
  };

  function bounded(before: string, after: string): Diff {
    if (before === after) return { added: 0, removed: 0, patch: '' };
    if (leftMs <= 0) return null;
    const from = performance.now();
    const patch = linePatch(before, after, { ...diffBounds, ms: Math.max(1, Math.min(diffBounds.ms, Math.ceil(leftMs))) });
    leftMs -= performance.now() - from;
    return patch === undefined || patch.patch.length > longestPatch ? null : patch;
  }
}

const longestPatch = 16 * 1024;

const readable = (data: string | null): string => (data === null ? '' : `${readableJson(JSON.parse(data))}\n`);
