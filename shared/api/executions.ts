import * as z from 'zod';
import { json } from '../json.ts';
import { pluginName } from '../names.ts';
import { logStreams } from '../protocol.ts';
import { type ReasonCode, reasonCodes } from '../reasons.ts';
import { attemptOutcomes, executionStates } from '../states.ts';
import { instant, pageQuery, pointInTime } from './listing.ts';

export const execution = z
  .object({
    id: z.string(),
    runId: z.string(),
    taskId: z.string(),
    taskName: z.string(),
    /** null for `Anyone` until an agent was chosen, and for a row that stands for no host */
    agentId: z.string().nullable(),
    agentName: z.string().nullable(),
    /** `agent`: one given host; `anyone`: the best eligible one; `none`: a firing that reached no host */
    target: z.enum(['agent', 'anyone', 'none']),
    plugin: z.string(),
    action: z.string(),
    state: z.enum(executionStates),
    /** a stable code of why it is in this state, and the sentence for it */
    reason: z.string().nullable(),
    reasonText: z.string().nullable(),
    attempt: z.int(),
    exitCode: z.int().nullable(),
    message: z.string().nullable(),
    data: json,
    progress: z.object({ fraction: z.number(), text: z.string() }).nullable(),
    logBytes: z.int(),
    /** null, or when the log was removed because it was old; `logBytes` tells how long it was */
    logRemovedAt: instant.nullable(),
    cutBytes: z.int(),
    durationMs: z.number().nullable(),
    createdAt: instant,
    offeredAt: instant.nullable(),
    startedAt: instant.nullable(),
    finishedAt: instant.nullable(),
    /** the time at which the present state ends by itself: lease, expiry, back-off, forced cancel */
    deadlineAt: instant.nullable(),
  })
  .meta({ id: 'Execution' });
export type Execution = z.infer<typeof execution>;

/** What the agent told of an attempt after the ledger had given it up; the final state is as it was. */
export const lateResult = z.object({
  attempt: z.int(),
  outcome: z.enum(attemptOutcomes),
  reason: z.string(),
  message: z.string().nullable(),
  exitCode: z.int().nullable(),
  data: json,
  durationMs: z.number().nullable(),
  receivedAt: instant,
});
export type LateResult = z.infer<typeof lateResult>;

export const attemptRecord = z.object({
  attempt: z.int(),
  agentId: z.string().nullable(),
  agentName: z.string().nullable(),
  outcome: z.string(),
  reason: z.string().nullable(),
  message: z.string().nullable(),
  exitCode: z.int().nullable(),
  offeredAt: instant.nullable(),
  startedAt: instant.nullable(),
  endedAt: instant,
  lateResult: lateResult.nullable(),
});

/** Why this host, and why not the others (counted by reason). */
export const assignment = z.object({
  chosen: z.string().nullable(),
  because: z.string(),
  considered: z.int(),
  eligible: z.int(),
  notEligible: z.record(z.string(), z.int()),
});
export type Assignment = z.infer<typeof assignment>;

export const executionDetail = execution
  .extend({ assignment: assignment.nullable(), attempts: z.array(attemptRecord), lateResult: lateResult.nullable() })
  .meta({ id: 'ExecutionDetail' });
export type ExecutionDetail = z.infer<typeof executionDetail>;

export const executionQuery = pageQuery.extend({
  runId: z.string().max(64).optional(),
  taskId: z.string().max(64).optional(),
  agentId: z.string().max(64).optional(),
  state: z.enum(executionStates).optional(),
  /** created then or later */
  since: pointInTime.optional(),
  /** created before */
  until: pointInTime.optional(),
  /** of the work; with this, `reason` or `text` a page may hold fewer than it could, or none: `next` alone tells whether there are more */
  plugin: pluginName.optional(),
  reason: z.enum(Object.keys(reasonCodes) as [ReasonCode, ...ReasonCode[]]).optional(),
  /** part of the message or of the sentence why */
  text: z.string().min(1).max(200).optional(),
});

export const logQuery = z.strictObject({
  /** first byte wanted */
  offset: z.coerce.number().int().min(0).default(0),
  /** about the most bytes to answer with; a chunk is never split */
  limit: z.coerce.number().int().min(1).max(4_194_304).default(1_048_576),
  /** seconds to wait for more when there is none yet and the execution is not final */
  wait: z.coerce.number().min(0).max(60).default(0),
});

export const logChunk = z.object({ offset: z.int(), stream: z.enum(logStreams), at: instant, text: z.string() });
export const logSlice = z
  .object({
    executionId: z.string(),
    chunks: z.array(logChunk),
    /** where to go on reading */
    next: z.int(),
    size: z.int(),
    /** nothing will follow: the execution is final and `next` is the end */
    complete: z.boolean(),
  })
  .meta({ id: 'LogSlice' });
export type LogSlice = z.infer<typeof logSlice>;
