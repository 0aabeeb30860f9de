import { hash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { type DigestedStream, digestedStreams, digestLines } from '../../../shared/output-digest.ts';
import type { Database } from '../../schema/schema.ts';
import { findExecution } from './executions.store.ts';
import { foldRows } from './fold.store.ts';
import { createFold, type Fold, type FoldGroup, type FoldRow } from './fold.ts';
import { foldKeyOf } from './fold-key.ts';

export type FoldResources = {
  readonly db: Database;
  readonly outputOf: OutputOf;
};

/** The beginning of an output, from a byte on at which an attempt began. */
export type OutputOf = (executionId: string, limit: number, from: number) => Promise<Output>;
export type Output = {
  readonly text: string;
  readonly truncated: boolean;
  readonly chunks: readonly { readonly stream: string; readonly text: string }[];
};

export const comparedBytes = 64 * 1024;
/** Rows are read at once, and others have their turn between two pages. */
const pageSize = 1000;

/** The executions of a run with equal ones grouped: one pass over an index, and no output is read, where agents told the digests. */
export async function foldRun(runId: string, resources: FoldResources): Promise<readonly FoldGroup[]> {
  const fold = createFold();
  for (let after: string | undefined = ''; after !== undefined; ) {
    const rows: FoldRow[] = await foldRows(resources.db.read, runId, after, pageSize);
    for (const row of rows) await add(fold, row, resources);
    await setImmediate();
    after = rows.length === pageSize ? rows.at(-1)?.id : undefined;
  }
  return fold.groups();
}

/** The group in which an execution is. */
export async function groupWith(id: string, runId: string, resources: FoldResources): Promise<FoldGroup | undefined> {
  const groups = await foldRun(runId, resources);
  const row = await findExecution(resources.db.read, id);
  if (row === undefined || row.run_id !== runId) return undefined;
  const alone = createFold();
  const key = alone.keyOf(row, await missingKey(row, resources));
  for (const group of groups) if (key === alone.keyOf(group.first, await missingKey(group.first, resources))) return group;
  return undefined;
}

async function add(fold: Fold, row: FoldRow, resources: FoldResources): Promise<void> {
  fold.add(row, await missingKey(row, resources));
}

/** Of an older row, or an older agent: the key that it would have by the beginning of its output. */
async function missingKey(row: FoldRow, { db, outputOf }: FoldResources): Promise<string | undefined> {
  if (row.open === 1 || row.fold_key !== null) return undefined;
  const whole = await findExecution(db.read, row.id);
  if (whole === undefined) return undefined;
  const { text, truncated, chunks } = await outputOf(row.id, comparedBytes, whole.log_from);
  const isWhole = !truncated && whole.cut_bytes === 0 && (whole.log_removed_at ?? null) === null;
  const sha256 = isWhole ? digestOf(chunks) : hash('sha256', `${whole.log_bytes - whole.log_from} ${text}`);
  return foldKeyOf(whole, sha256) ?? undefined;
}

function digestOf(chunks: Output['chunks']): string {
  const texts = new Map<DigestedStream, string>();
  for (const stream of digestedStreams) {
    const text = chunks.flatMap((chunk) => (chunk.stream === stream ? [chunk.text] : [])).join('');
    if (text !== '') texts.set(stream, hash('sha256', text));
  }
  return hash('sha256', digestLines(texts));
}
