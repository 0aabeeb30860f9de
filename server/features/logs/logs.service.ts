import type { LogSlice } from '../../../shared/api/executions.ts';
import { toInstant } from '../../../shared/api/listing.ts';
import type { LogMessage } from '../../../shared/protocol.ts';
import type { ExecutionState } from '../../../shared/states.ts';
import type { Clock } from '../../platform/clock.ts';
import type { EventBus } from '../../platform/events/bus.ts';
import { createWaiters } from '../../platform/events/waiters.ts';
import type { AgentConnection } from '../../platform/gateway/connection.ts';
import { createTurnShare } from '../../platform/loops/turn-share.ts';
import type { Database, Writer } from '../../schema/schema.ts';
import { fitChunk } from './chunk.ts';
import { endedUnanswered } from './late-output.ts';
import {
  chunkAt,
  chunksAfter,
  deleteChunks,
  firstChunks,
  insertChunk,
  type LogChunkRow,
  lateEnd,
  logSize,
  logSizes,
  noteLateSize,
  outputLimit,
  writerOf,
} from './logs.store.ts';

export type LogsService = {
  /** A chunk from an agent: appended, acknowledged after the commit; a gap is answered with the offset to go on from. */
  received(connection: AgentConnection, message: LogMessage): Promise<void>;
  sizeIn(writer: Writer, executionId: string): Promise<number>;
  /** Where the logs of these executions end; one without output is left out. */
  sizesOf(executionIds: readonly string[]): Promise<ReadonlyMap<string, number>>;
  read(executionId: string, from: ReadFrom): Promise<Slice>;
  /**
   * Reads, and while there is nothing to read and the execution is not final, waits for more, at most so many seconds. Of a log that grows
   * quickly it answers larger pieces, a fifth of a second later.
   * @param isFinal of the execution; a final one does not grow any more
   */
  follow(
    executionId: string,
    from: ReadFrom & { readonly wait: number },
    isFinal: () => Promise<boolean>,
    signal: AbortSignal,
  ): Promise<{ readonly slice: Slice; readonly final: boolean }>;
  /** Removes a part of the log from its start, for ever. @returns whether there may be more */
  removeIn(writer: Writer, executionId: string): Promise<boolean>;
  /** The first `limit` bytes from `from` on, where a chunk begins, as text; and the chunks that hold them. */
  head(
    executionId: string,
    limit: number,
    from?: number,
  ): Promise<{ text: string; truncated: boolean; chunks: LogSlice['chunks'] }>;
};

/** The first byte wanted, and about how many; a chunk is never split. */
export type ReadFrom = { readonly offset: number; readonly limit: number };
export type Slice = Pick<LogSlice, 'chunks' | 'next' | 'size'>;

export type LogsResources = { readonly db: Database; readonly clock: Clock; readonly events: EventBus };

export function createLogs({ db, clock, events }: LogsResources): LogsService {
  const followers = createWaiters(clock);
  const reading = createTurnShare(readPerTurn);
  events.on('log.appended', ({ executionId }) => followers.wake(executionId));
  /** those who wait for a larger piece of a log that is flooded */
  const gathering = createWaiters(clock);
  events.on('execution.changed', ({ executionId }) => {
    followers.wake(executionId);
    gathering.wake(executionId);
  });

  /** attempts that each connection was told to stop because nobody wants their output: once is enough */
  const told = new WeakMap<AgentConnection, Set<string>>();
  function isFirst(connection: AgentConnection, { execution, attempt }: { execution: string; attempt: number }): boolean {
    const known = told.get(connection) ?? new Set();
    told.set(connection, known);
    const key = `${execution}/${attempt}`;
    if (known.has(key)) return false;
    known.add(key);
    return true;
  }

  return {
    async received(connection, message) {
      const attempt = { execution: message.execution, attempt: message.attempt };
      const outcome = await db.write((writer) => append(writer, connection.agentId, message));
      // instant: log-committed
      const stop = { type: 'stop', ...attempt, reason: 'given_up', graceSeconds: 0 } as const;
      if (outcome.kind === 'unwanted') {
        // taken note of, so that its agent comes to the result, which is acknowledged in any case
        connection.send({ type: 'log_ack', ...attempt, offset: message.offset + Buffer.byteLength(message.text) });
        if (isFirst(connection, attempt)) connection.send(stop);
      } else if (outcome.kind === 'fenced') connection.send(stop);
      else if (outcome.kind === 'gap') connection.send({ type: 'log_from', ...attempt, offset: outcome.size });
      else {
        connection.send({ type: 'log_ack', ...attempt, offset: outcome.size });
        if (outcome.grown) events.emit('log.appended', { executionId: message.execution, size: outcome.size });
      }
    },

    sizeIn: (writer, executionId) => logSize(writer, executionId),
    sizesOf: async (executionIds) =>
      new Map((await logSizes(db.read, executionIds)).flatMap(({ id, size }) => (size === null ? [] : [[id, size]]))),

    read,

    async follow(executionId, { wait, ...from }, isFinal, signal) {
      const looked = new AbortController();
      // wait first, then look: what comes in between is not missed
      const more = wait === 0 ? undefined : followers.wait(executionId, wait, AbortSignal.any([signal, looked.signal]));
      try {
        let seen = await look();
        if (more !== undefined && !seen.final && seen.unread <= 0) {
          await more;
          seen = await look();
        }
        if (more !== undefined && !seen.final && isFlood(seen.unread, from.limit)) {
          await gathering.wait(executionId, gatherSeconds, signal);
          seen = await look();
        }
        return { final: seen.final, slice: await read(executionId, from) };
      } finally {
        // a reason of its own: without one an exception with its stack is made, for every request
        looked.abort('looked');
      }

      async function look() {
        // final first: all that a final execution will ever have is there when it is read afterwards
        const final = await isFinal();
        return { final, unread: (await logSize(db.read, executionId)) - from.offset };
      }
    },

    async removeIn(writer, executionId) {
      const chunks = await firstChunks(writer, executionId, chunksPerRemoval);
      const from = chunks[0]?.start ?? 0;
      // at least one: whatever its size, it has to go
      const part = chunks.filter(({ start, bytes }, index) => index === 0 || start + bytes - from <= bytesPerRemoval);
      const last = part.at(-1);
      if (last === undefined) return false;
      await deleteChunks(writer, executionId, last.start);
      return chunks.length === chunksPerRemoval || part.length < chunks.length;
    },

    async head(executionId, limit, from = 0) {
      const { chunks, next, size } = await read(executionId, { offset: from, limit });
      const text = chunks.map((chunk) => chunk.text).join('');
      const bytes = Buffer.from(text);
      return bytes.length > limit
        ? { text: bytes.subarray(0, characterStart(bytes, limit)).toString(), truncated: true, chunks }
        : { text, truncated: next < size, chunks };
    },
  };

  function read(executionId: string, from: ReadFrom): Promise<Slice> {
    return reading.run(() => readNow(executionId, from), bytesIn);
  }

  async function readNow(executionId: string, { offset, limit }: ReadFrom): Promise<Slice> {
    const size = await logSize(db.read, executionId);
    const first = offset < size ? await chunkAt(db.read, executionId, offset) : undefined;
    const chunks: LogChunkRow[] = [];
    let bytes = 0;
    for (let page = first === undefined ? [] : [first]; page.length > 0 && bytes < limit && chunks.length < mostPerRead; ) {
      for (const chunk of page) {
        if (bytes >= limit) break;
        chunks.push(chunk);
        bytes += chunk.bytes;
      }
      const last = chunks.at(-1);
      page =
        bytes < limit && last ? await chunksAfter(db.read, executionId, last.start, pageFor(limit, bytes, chunks.length)) : [];
    }
    const last = chunks.at(-1);
    return { chunks: chunks.map(shown), next: last === undefined ? Math.min(offset, size) : last.start + last.bytes, size };
  }
}

/** States in which the agent that holds the execution may write to its log. */
const writable: readonly ExecutionState[] = ['running', 'unknown', 'cancelling'];

async function append(writer: Writer, agentId: string, message: LogMessage) {
  const { execution, attempt, offset, stream, at, text } = message;
  const holder = await writerOf(writer, execution);
  const isIts = holder?.agent_id === agentId && holder.attempt === attempt;
  const isLate = isIts && endedUnanswered(holder) && (await lateEnd(writer, execution, attempt)) === undefined;
  const mayWrite = isIts && (isLate || writable.includes(holder.state));
  if (!mayWrite) return isIts && holder.state === 'offered' ? ({ kind: 'fenced' } as const) : ({ kind: 'unwanted' } as const);
  const size = await logSize(writer, execution);
  const fit = fitChunk(size, offset, text);
  if (fit.kind === 'gap') return { kind: 'gap', size } as const;
  if (fit.kind === 'repeat') return { kind: 'held', size, grown: false } as const;
  const output = size + fit.bytes - holder.log_from;
  if (output > uncheckedBytes && output > (await outputLimit(writer, holder.run_id)) + cutMarkBytes)
    return { kind: 'fenced' } as const;
  await insertChunk(writer, { execution_id: execution, start: fit.start, bytes: fit.bytes, stream, at, text: fit.text });
  if (isLate) await noteLateSize(writer, execution, size + fit.bytes);
  return { kind: 'held', size: size + fit.bytes, grown: true } as const;
}

/**
 * Agents keep to the output limit themselves; one that does not must not fill the disk of the server. Most output is so short that there
 * is no need to look at the policy.
 */
const uncheckedBytes = 64 * 1024;
/** room for the mark that stands for what an agent has cut */
const cutMarkBytes = 4096;

/** About as long as any other unit of work: pages of long texts are given back one by one. */
const chunksPerRemoval = 100;
const bytesPerRemoval = 512 * 1024;

/**
 * Bytes that all who read logs are answered with in one turn of the event loop, which are read, turned into JSON and encrypted in it: some
 * milliseconds. One slice may be more.
 */
const readPerTurn = 512 * 1024;

/**
 * Nobody reads a log line by line that grows by so much at a time. Who follows it gets larger pieces less often, because an answer costs the
 * server as much as its first 64 KiB.
 */
const floodBytes = 16 * 1024;
const pieceBytes = 256 * 1024;
const gatherSeconds = 0.2;
const isFlood = (unread: number, limit: number): boolean => unread >= floodBytes && unread < Math.min(limit, pieceBytes);

const bytesIn = ({ chunks, next }: Slice): number => next - (chunks[0]?.offset ?? next);

const mostPerPage = 256;
/** Of one read, however short the chunks are. */
const mostPerRead = 16_384;

/** As many chunks as are probably wanted yet: they may be lines of a few bytes, or 64 KiB each. */
const pageFor = (limit: number, bytes: number, count: number): number =>
  Math.min(mostPerPage, Math.max(1, Math.ceil(((limit - bytes) * count) / Math.max(1, bytes))));

/** The start of the character that holds the byte at `index`. */
function characterStart(bytes: Buffer, index: number): number {
  let start = index;
  while (start > 0 && ((bytes[start] ?? 0) & 0xc0) === 0x80) start -= 1;
  return start;
}

const shown = (row: LogChunkRow): LogSlice['chunks'][number] => ({
  offset: row.start,
  stream: row.stream,
  at: toInstant(row.at),
  text: row.text,
});
