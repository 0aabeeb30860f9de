import { setImmediate } from 'node:timers/promises';
import type { Folded } from '../../../shared/api/runs.ts';
import { foldHostNames } from '../../../shared/host-ranges.ts';
import type { Json } from '../../../shared/json.ts';
import type { Database } from '../../schema/schema.ts';
import { findExecution, listExecutions } from './executions.store.ts';
import { createFold, type Fold, type FoldGroup } from './fold.ts';

export type FoldResources = {
  readonly db: Database;
  readonly outputOf: (executionId: string, limit: number) => Promise<{ text: string; truncated: boolean }>;
};

const comparedBytes = 64 * 1024;
/** Of all groups together, about so many bytes of output, data and messages are shown; once they are spent, each has a little. */
const shownBytes = 4 * 1024 * 1024;
const shownAtLeast = 512;
/** Executions read at a time; each may carry data. */
const pageSize = 100;

/** The executions of a run with equal ones grouped, page by page: neither a large run nor large outputs fill the memory. */
export async function foldRun(runId: string, resources: FoldResources): Promise<Folded['groups']> {
  const groups: Folded['groups'] = [];
  let room = shownBytes;
  for (const group of (await foldOf(runId, resources)).groups()) {
    const { shown, bytes } = await show(group, Math.max(room, shownAtLeast), resources);
    room -= bytes;
    groups.push(shown);
  }
  return groups;
}

async function foldOf(runId: string, { db, outputOf }: FoldResources): Promise<Fold> {
  const fold = createFold();
  let after: string | undefined;
  do {
    const rows = await listExecutions(db.read, { runId }, after, pageSize);
    for (const row of rows) fold.add(row, row.attempt === 0 ? '' : (await outputOf(row.id, comparedBytes)).text);
    // reads are done within the turn: others get theirs between the pages
    await setImmediate();
    after = rows.length === pageSize ? rows.at(-1)?.id : undefined;
  } while (after !== undefined);
  return fold;
}

type Shown = { readonly shown: Folded['groups'][number]; readonly bytes: number };

async function show({ first, hosts }: FoldGroup, room: number, { db, outputOf }: FoldResources): Promise<Shown> {
  const row = await findExecution(db.read, first.id);
  const data = row?.data ?? '';
  const isDataShown = data.length <= room;
  const message = (row?.message ?? row?.reason_text ?? '').slice(0, room);
  const output = first.attempt === 0 ? { text: '', truncated: false } : await outputOf(first.id, Math.min(comparedBytes, room));
  return {
    bytes: Buffer.byteLength(output.text) + message.length + (isDataShown ? data.length : 0),
    shown: {
      state: first.state,
      reason: row?.reason ?? null,
      exitCode: row?.exit_code ?? null,
      count: hosts.length,
      hosts: foldHostNames(hosts),
      executionId: first.id,
      message,
      data: data === '' || !isDataShown ? null : (JSON.parse(data) as Json),
      output: output.text,
      outputTruncated: output.truncated || !isDataShown,
    },
  };
}
