import * as z from 'zod';
import { timeoutActions } from './api/tasks.ts';
import { isDeeperThan, json, maxJsonDepth } from './json.ts';
import { facts, metrics } from './metrics.ts';
import { actionName, agentName, pluginName, sha256, tagName } from './names.ts';
import { signedCatalogue } from './plugin-bundle.ts';
import { platforms } from './plugin-manifest.ts';
import { signedRelease } from './release.ts';
import { resourceLimits } from './resource-limits.ts';
import { secretName } from './secret-references.ts';
import { attemptOutcomes } from './states.ts';
import { switchModes, toldUpdateStates } from './update-states.ts';

/**
 * The agent socket, `/agent/v1/connect`: JSON text frames. A frame is one message or an array of messages, handled in order.
 *
 *   server                                   agent
 *     ── challenge (nonce) ─────────────────>
 *     <───────────── hello (proof, journal) ──
 *     ── welcome (proof, verdicts) ─────────>      or `refused`, then close
 *     ── offer ─────────────────────────────>      has it a slot, the plugin, the interpreter?
 *     <───────────────────────────── accept ──     or decline (again later) or reject (final)
 *     ── start, after the commit ───────────>      journal with fsync, then start
 *     <──────────────── log*, progress*, result ── kept on disk until
 *     ── log_ack*, ack, after the commit ───>      the agent forgets the attempt
 *
 * Unknown message types are ignored with a warning; malformed ones close the socket. Late messages carry an old attempt number and are
 * answered with `ack` (for a result) or `stop`, so that the agent forgets them.
 */
export const protocolVersion = 1;
/** A larger frame closes the socket. */
export const maxFrameBytes = 4 * 1024 * 1024;
/** A frame with more messages closes the socket. */
export const maxFrameMessages = 20_000;
/** The most text in one `log` message. */
export const maxLogTextBytes = 64 * 1024;
/** So long at most is an agent asked to wait, before it comes back and within which it does. */
export const longestComeBackMs = 600_000;
/** Unacknowledged log bytes that an agent may have under way per execution. */
export const logWindowBytes = 512 * 1024;

export const closeCodes = {
  /** the server is stopping: come back with back-off */
  comeBack: 1012,
  malformed: 4400,
  notAuthenticated: 4401,
  revoked: 4403,
  silent: 4408,
  /** a newer connection of the same agent took over */
  replaced: 4409,
  /** the agent did not read fast enough and its queue was full */
  tooSlow: 4413,
  protocol: 4426,
} as const;

const nonce = z.base64().min(24).max(128);
const signature = z.base64().max(256);
/** ms since the epoch */
const time = z.number().min(0).max(8.64e15);
const executionId = z.string().min(1).max(64);
const attemptNumber = z.int().min(1).max(1_000_000);
const attempt = { execution: executionId, attempt: attemptNumber };
const offset = z.int().min(0);
const lifeId = z.string().min(1).max(64);
/** So many starts of an agent that cannot reach its server are told of one by one. */
export const maxLives = 200;

/** What both sides sign at connect: the role first, so that neither proof can serve as the other. */
export const proofText = (
  role: 'agent' | 'server',
  serverNonce: string,
  agentNonce: string,
  agentId: string,
  /** of the one who signs */
  protocol: number = protocolVersion,
): string => `muster ${role} proof v${protocol}\n${serverNonce}\n${agentNonce}\n${agentId}`;

/** What the server signs when an agent enrols. */
export const enrolmentText = (agentNonce: string, agentId: string, agentPublicKey: string): string =>
  `muster enrolment v${protocolVersion}\n${agentNonce}\n${agentId}\n${agentPublicKey}`;

// ── enrolment, POST /agent/v1/enrol ────────────────────────────────────────────────────────────────────────────────────────────────

export const enrolRequest = z.strictObject({
  joinToken: z.string().min(1).max(200),
  name: agentName,
  /** SPKI DER, base64 */
  publicKey: z.base64().max(200),
  nonce,
  tags: z.array(tagName).max(50).default([]),
});
export type EnrolRequest = z.infer<typeof enrolRequest>;

export const enrolResponse = z.object({
  agentId: z.string(),
  /** the name that the server gave it: the join token may fix it */
  name: agentName,
  /** SPKI DER, base64: the agent pins it */
  serverPublicKey: z.base64(),
  signature,
});
export type EnrolResponse = z.infer<typeof enrolResponse>;

/** What an agent signs when its host leaves for good. */
export const leaveText = (agentId: string): string => `muster agent leave v1\n${agentId}`;

/** POST /agent/v1/leave */
export const leaveRequest = z.strictObject({ agentId: z.string().min(1).max(64), signature });
export type LeaveRequest = z.infer<typeof leaveRequest>;

// ── server to agent ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** What the server wants of an attempt in the agent's journal. `logFrom` is where its log in the ledger ends. */
export const verdict = z.object({
  ...attempt,
  /** keep: go on running it; stop: end it and forget it; deliver: send log and result; forget: it is in the ledger already */
  verdict: z.enum(['keep', 'stop', 'deliver', 'forget']),
  logFrom: offset,
});
export type Verdict = z.infer<typeof verdict>;

export const offer = z.object({
  type: z.literal('offer'),
  ...attempt,
  run: z.string().max(64),
  plugin: pluginName,
  sha256,
  action: actionName,
  args: json,
  env: z.record(z.string(), z.string()).default({}),
  timeoutSeconds: z.number().min(0.1),
  /** kill: past its time it is `timed_out`; snapshot: its output until then is the result, and it has succeeded */
  onTimeout: z.enum(timeoutActions).default('kill'),
  /** between asking a process tree to end and killing it */
  graceSeconds: z.number().min(0),
  /** of the task; those of the plugin are in its manifest */
  limits: resourceLimits.optional(),
  outputLimitBytes: z.int().min(1024),
  /** the agent must accept within this time of receipt, or forget the offer */
  leaseSeconds: z.number().min(0.1),
  /** byte offset at which this attempt's output begins */
  logFrom: offset,
});
export type Offer = z.infer<typeof offer>;

const updateId = z.string().min(1).max(64);

/** A new executable for the agent, in whose signature the agent believes by the key that it pinned. Given again, it changes nothing but `mode`. */
export const updateOrder = z.object({
  update: updateId,
  release: signedRelease,
  mode: z.enum(switchModes),
  drainAfterSeconds: z.number().min(0),
  /** the new agent must be welcomed within this time of its start, or the one before it comes back */
  healthySeconds: z.number().min(1),
});
export type UpdateOrder = z.infer<typeof updateOrder>;

export const serverMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('challenge'), protocol: z.int(), nonce, time }),
  z.object({
    type: z.literal('welcome'),
    name: agentName,
    signature,
    /** bearer for the HTTP downloads beside this socket; dies with it */
    downloadToken: z.string(),
    heartbeatSeconds: z.number().min(0.05),
    /** the agent closes a socket on which it heard nothing for this long */
    silenceSeconds: z.number().min(0.1),
    time,
    /** absent if the agent said in its hello that it holds this one */
    plugins: signedCatalogue.optional(),
    verdicts: z.array(verdict),
    /** in which time the whole fleet is to be back after a cut that nobody announced; older servers do not tell */
    comeBackWithinMs: z.number().min(0).max(longestComeBackMs).optional(),
  }),
  /** The server is about to close: not to come back before `afterMs`, then at a random time within the next `withinMs`. */
  z.object({
    type: z.literal('come_back'),
    afterMs: z.number().min(0).max(longestComeBackMs),
    withinMs: z.number().min(0).max(longestComeBackMs),
  }),
  /** an agent that speaks another protocol is told how to come to this one, if the server has an executable for it */
  z.object({ type: z.literal('refused'), code: z.string(), message: z.string(), update: updateOrder.optional() }),
  offer,
  /** the values of the secrets that its args and env name: for the memory of the agent, never for its disk */
  z.object({ type: z.literal('start'), ...attempt, secrets: z.record(secretName, z.string()).optional() }),
  /** end it politely, then by force after `graceSeconds`; answered by a result */
  z.object({ type: z.literal('stop'), ...attempt, reason: z.enum(['cancel', 'given_up']), graceSeconds: z.number().min(0) }),
  z.object({ type: z.literal('ack'), ...attempt }),
  z.object({ type: z.literal('log_ack'), ...attempt, offset }),
  /** the server holds the log up to `offset` and saw a gap: send again from there, and the result after it */
  z.object({ type: z.literal('log_from'), ...attempt, offset }),
  z.object({ type: z.literal('plugins'), plugins: signedCatalogue }),
  z.object({ type: z.literal('heartbeat_ack'), time }),
  z.object({ type: z.literal('update'), ...updateOrder.shape }),
  /** no longer wanted: what was not switched yet is dropped */
  z.object({ type: z.literal('update_cancel'), update: updateId }),
  /** the server has recorded how it ended; the agent forgets it */
  z.object({ type: z.literal('update_ack'), update: updateId }),
]);
export type ServerMessage = z.infer<typeof serverMessage>;
export type ServerMessageOf<T extends ServerMessage['type']> = Extract<ServerMessage, { type: T }>;

// ── agent to server ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** What the journal holds of an attempt. `logSize` is the offset at which its output ends so far. */
export const journalEntry = z.object({ ...attempt, state: z.enum(['running', 'ended']), logSize: offset });
export type JournalEntry = z.infer<typeof journalEntry>;

/** Streams of output. `cut` is the mark that stands for output past the limit; its text tells the number of bytes. */
export const logStreams = ['out', 'err', 'log', 'cut'] as const;
export type LogStream = (typeof logStreams)[number];

export const logMessage = z.object({
  type: z.literal('log'),
  ...attempt,
  /** of the first byte of `text`, which is counted in UTF-8 */
  offset,
  stream: z.enum(logStreams),
  at: time,
  text: z.string().min(1).max(maxLogTextBytes),
});
export type LogMessage = z.infer<typeof logMessage>;

export const resultMessage = z.object({
  type: z.literal('result'),
  ...attempt,
  outcome: z.enum(attemptOutcomes),
  /** a code of `reasons.ts` */
  reason: z.string().max(64),
  /** a sentence for a person */
  message: z.string().max(8192),
  exitCode: z.int().nullable(),
  data: json.refine((data) => !isDeeperThan(data, maxJsonDepth), 'It is nested too deeply.'),
  durationMs: z.number().min(0),
  /** where its output ends: the server acknowledges the result only when it holds the log up to here */
  logSize: offset,
  /** bytes of output that were cut from the middle */
  cutBytes: z.int().min(0),
  /** of all its output, also of what was cut (`output-digest.ts`), so that equal outputs are known without being read */
  outputSha256: sha256.optional(),
});
export type ResultMessage = z.infer<typeof resultMessage>;

export const agentMessage = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('hello'),
    protocol: z.int(),
    agentId: z.string().max(64),
    agentVersion: z.string().max(64),
    nonce,
    signature,
    os: z.enum(platforms),
    arch: z.string().max(32),
    slots: z.int().min(1).max(1000),
    journal: z.array(journalEntry).max(100_000),
    /**
     * Each start of the agent is a life with a random id, which its journal remembers: the present one, then those before it back to the
     * last that the server knows, newest first. What a journal lacks proves something only if it continues the one that held the work.
     */
    lives: z.array(lifeId).min(1).max(maxLives).optional(),
    /** of the text of the newest signed catalogue that it holds and believes */
    catalogue: sha256.optional(),
    /** what the host calls itself, so that a person can tell two apart that have one identity */
    host: z.object({ name: z.string().max(255), address: z.string().max(64) }).optional(),
  }),
  z.object({ type: z.literal('facts'), facts, runtimes: z.record(z.string(), z.string()) }),
  z.object({ type: z.literal('heartbeat'), metrics }),
  z.object({ type: z.literal('accept'), ...attempt }),
  /** not now: the offer may come again, here or elsewhere */
  z.object({
    type: z.literal('decline'),
    ...attempt,
    reason: z.enum(['slots_full', 'stopping', 'disk_full', 'outbox_full', 'plugin_unavailable']),
    message: z.string().max(8192),
  }),
  logMessage,
  z.object({ type: z.literal('progress'), ...attempt, fraction: z.number().min(0).max(1), text: z.string().max(1024) }),
  resultMessage,
  /** how an update is; an end (healthy, failed, rolled_back) is told again after each welcome until `update_ack` */
  z.object({
    type: z.literal('update_status'),
    update: updateId,
    state: z.enum(toldUpdateStates),
    message: z.string().max(8192),
  }),
  /** what the agent runs as, told after each welcome as soon as it is known */
  z.object({
    type: z.literal('executable'),
    /** null: it runs from source */
    sha256: sha256.nullable(),
    commit: z.string().max(64),
    /** a sentence why it cannot replace itself; null: it can */
    notUpdatable: z.string().max(1024).nullable(),
  }),
  /** the plugins whose bundles are verified and on the disk of the host */
  z.object({ type: z.literal('plugins_held'), held: z.array(z.object({ name: pluginName, sha256 })).max(10_000) }),
]);

/**
 * What the hello of every version of the protocol holds, whatever else its fields mean: enough to know which agent it is, and to tell it how
 * to come to the version of this server.
 */
export const helloOfAnyProtocol = z.object({
  type: z.literal('hello'),
  protocol: z.int(),
  agentId: z.string().max(64),
  agentVersion: z.string().max(64),
  nonce,
  signature,
  os: z.string().max(32),
  arch: z.string().max(32),
});
export type HelloOfAnyProtocol = z.infer<typeof helloOfAnyProtocol>;

export type AgentMessage = z.infer<typeof agentMessage>;
export type AgentMessageOf<T extends AgentMessage['type']> = Extract<AgentMessage, { type: T }>;
