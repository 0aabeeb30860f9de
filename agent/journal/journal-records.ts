import * as z from 'zod';
import { logStreams, resultMessage } from '../../shared/protocol.ts';

/**
 * What the journal says of an attempt, in this order, each at most once (a `spawned` may come again):
 *
 *   started ──> spawned ──> ended ──> forgotten
 *
 * `execution` and `attempt` come first in every record, so that they can be read even in a damaged line.
 */
const attempt = { execution: z.string().min(1).max(64), attempt: z.int().min(1) };

/** On disk before anything of the attempt may run. */
const started = z.object({
  ...attempt,
  kind: z.literal('started'),
  at: z.number(),
  plugin: z.string(),
  action: z.string(),
  logFrom: z.int().min(0),
  outputLimitBytes: z.int().min(0),
});

const spawned = z.object({ ...attempt, kind: z.literal('spawned'), pid: z.int(), startMark: z.string() });

/** A short output lives in the record of its end; a longer one has a file in the spool, and these chunks come after it. */
export const heldChunk = z.object({ stream: z.enum(logStreams), at: z.number(), text: z.string() });
export type HeldChunk = z.infer<typeof heldChunk>;

const ended = z.object({ ...attempt, kind: z.literal('ended'), result: resultMessage, output: z.array(heldChunk) });

const forgotten = z.object({ ...attempt, kind: z.literal('forgotten') });

/** What the journal says of an attempt. */
const attemptRecord = z.discriminatedUnion('kind', [started, spawned, ended, forgotten]);
export type AttemptRecord = z.infer<typeof attemptRecord>;

/** A start of the agent. With `known` the server has heard of it, and the lives before it do not matter any more. */
const life = z.object({ kind: z.literal('life'), life: z.string().min(1).max(64), known: z.boolean() });

export const journalRecord = z.union([attemptRecord, life]);
export type JournalRecord = z.infer<typeof journalRecord>;
export type Started = z.infer<typeof started>;
export type Spawned = z.infer<typeof spawned>;
export type Ended = z.infer<typeof ended>;
