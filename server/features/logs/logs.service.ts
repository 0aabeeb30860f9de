import type { LogSlice } from '../../../shared/api/executions.ts';
import { toInstant } from '../../../shared/api/listing.ts';
import type { LogMessage } from '../../../shared/protocol.ts';
import type { Clock } from '../../platform/clock.ts';
import type { EventBus } from '../../platform/events/bus.ts';
import { createWaiters } from '../../platform/events/waiters.ts';
import type { AgentConnection } from '../../platform/gateway/connection.ts';
import type { Database, Writer } from '../../schema/schema.ts';
import { fitChunk } from './chunk.ts';
import { chunkAt, chunksAfter, insertChunk, type LogChunkRow, logSize, writerOf } from './logs.store.ts';

export type LogsService = {
  /** A chunk from an agent: appended, acknowledged after the commit; a gap is answered with the offset to go on from. */
  received(connection: AgentConnection, message: LogMessage): Promise<void>;
  sizeOf(executionId: string): Promise<number>;
  sizeIn(writer: Writer, executionId: string): Promise<number>;
  read(
    executionId: string,
    from: { readonly offset: number; readonly limit: number },
  ): Promise<Pick<LogSlice, 'chunks' | 'next' | 'size'>>;
  /** The first `limit` bytes as text. */
  head(executionId: string, limit: number): Promise<{ text: string; truncated: boolean }>;
  /** Settles when the log grows, its execution changes, the time is up or `signal` aborts. */
  waitForMore(executionId: string, seconds: number, signal: AbortSignal): Promise<void>;
};

export type LogsResources = { readonly db: Database; readonly clock: Clock; readonly events: EventBus };

const chunksPerRead = 256;

export function createLogs({ db, clock, events }: LogsResources): LogsService {
  const followers = createWaiters(clock);
  events.on('log.appended', ({ executionId }) => followers.wake(executionId));
  events.on('execution.changed', ({ executionId }) => followers.wake(executionId));

  return {
    async received(connection, message) {
      const attempt = { execution: message.execution, attempt: message.attempt };
      const outcome = await db.write(async (writer) => {
        const holder = await writerOf(writer, message.execution);
        const mayWrite =
          holder !== undefined &&
          holder.open === 1 &&
          holder.agent_id === connection.agentId &&
          holder.attempt === message.attempt &&
          holder.state !== 'offered';
        if (!mayWrite) return { kind: 'fenced' } as const;
        const size = await logSize(writer, message.execution);
        const fit = fitChunk(size, message.offset, message.text);
        if (fit.kind === 'gap') return { kind: 'gap', size } as const;
        if (fit.kind === 'repeat') return { kind: 'held', size, grown: false } as const;
        await insertChunk(writer, {
          execution_id: message.execution,
          start: fit.start,
          bytes: fit.bytes,
          stream: message.stream,
          at: message.at,
          text: fit.text,
        });
        return { kind: 'held', size: size + fit.bytes, grown: true } as const;
      });
      if (outcome.kind === 'fenced') connection.send({ type: 'stop', ...attempt, reason: 'given_up', graceSeconds: 0 });
      else if (outcome.kind === 'gap') connection.send({ type: 'log_from', ...attempt, offset: outcome.size });
      else {
        connection.send({ type: 'log_ack', ...attempt, offset: outcome.size });
        if (outcome.grown) events.emit('log.appended', { executionId: message.execution, size: outcome.size });
      }
    },

    sizeOf: (executionId) => logSize(db.read, executionId),
    sizeIn: (writer, executionId) => logSize(writer, executionId),

    read,

    async head(executionId, limit) {
      const { chunks, next, size } = await read(executionId, { offset: 0, limit });
      const text = chunks.map((chunk) => chunk.text).join('');
      const cut = Buffer.from(text).subarray(0, limit);
      return cut.length < Buffer.byteLength(text)
        ? { text: cut.toString().replace(/\uFFFD$/, ''), truncated: true }
        : { text, truncated: next < size };
    },

    waitForMore: (executionId, seconds, signal) => followers.wait(executionId, seconds, signal),
  };

  async function read(executionId: string, { offset, limit }: { readonly offset: number; readonly limit: number }) {
    const size = await logSize(db.read, executionId);
    const first = offset < size ? await chunkAt(db.read, executionId, offset) : undefined;
    const chunks: LogChunkRow[] = [];
    let bytes = 0;
    for (let page = first === undefined ? [] : [first]; page.length > 0 && bytes < limit; ) {
      for (const chunk of page) {
        if (bytes >= limit) break;
        chunks.push(chunk);
        bytes += chunk.bytes;
      }
      page = bytes < limit ? await chunksAfter(db.read, executionId, chunks.at(-1)?.start ?? 0, chunksPerRead) : [];
    }
    const last = chunks.at(-1);
    return { chunks: chunks.map(shown), next: last === undefined ? Math.min(offset, size) : last.start + last.bytes, size };
  }
}

const shown = (row: LogChunkRow): LogSlice['chunks'][number] => ({
  offset: row.start,
  stream: row.stream,
  at: toInstant(row.at),
  text: row.text,
});
