import type { AgentMessageOf, ResultMessage } from '../../../shared/protocol.ts';
import type { EventBus } from '../../platform/events/bus.ts';
import type { AgentConnection } from '../../platform/gateway/connection.ts';
import type { Writer } from '../../schema/schema.ts';
import { endAttempt, reasonOf, requeue, runningDeadline } from './attempts.ts';
import { findExecution } from './executions.store.ts';
import type { Ledger, LedgerUnit } from './ledger.ts';
import type { ExecutionRow } from './rows.ts';
import type { RunSpecs } from './run-specs.ts';

/**
 * What agents say of their attempts. Each message is fenced: it counts only if it comes from the agent that holds the execution and
 * names the attempt that is current. A late one is normal: it changes nothing, and the agent is told to forget.
 */
export type AttemptsService = {
  accepted(connection: AgentConnection, message: AgentMessageOf<'accept'>): Promise<void>;
  declined(connection: AgentConnection, message: AgentMessageOf<'decline'>): Promise<void>;
  progressed(connection: AgentConnection, message: AgentMessageOf<'progress'>): void;
  ended(connection: AgentConnection, message: ResultMessage): Promise<void>;
  /** the last progress that was told of an open execution */
  progressOf(executionId: string): { readonly fraction: number; readonly text: string } | null;
  forgetProgress(executionId: string): void;
};

export type AttemptsResources = {
  readonly ledger: Ledger;
  readonly events: EventBus;
  readonly specs: RunSpecs;
  readonly random: () => number;
  readonly logSizeIn: (writer: Writer, executionId: string) => Promise<number>;
};

/** An agent that declined is not asked again at once. */
const pauseAfterDeclineMs = 1000;

export function createAttempts({ ledger, events, specs, random, logSizeIn }: AttemptsResources): AttemptsService {
  const progress = new Map<string, { agentId: string; fraction: number; text: string }>();

  return {
    async accepted(connection, message) {
      const startedHere = await ledger.write(async (unit) => {
        const row = await current(unit, connection, message);
        if (row === undefined || row.state !== 'offered') return false;
        const { policy } = await specs.of(row.run_id);
        await unit.move(row, 'running', { reason: null, started_at: unit.now, deadline_at: runningDeadline(policy, unit.now) });
        return true;
      });
      if (!startedHere) {
        connection.send({
          type: 'stop',
          execution: message.execution,
          attempt: message.attempt,
          reason: 'given_up',
          graceSeconds: 0,
        });
      } else if (!connection.send({ type: 'start', execution: message.execution, attempt: message.attempt })) {
        await neverTold(connection, message);
      }
    },

    async declined(connection, message) {
      await ledger.write(async (unit) => {
        const row = await current(unit, connection, message);
        if (row?.state !== 'offered') return;
        const text = `${connection.agentName} declined: ${message.message || message.reason}.`;
        await requeue(unit, row, 'agent_declined', { text, pauseMs: pauseAfterDeclineMs });
      });
    },

    progressed(connection, message) {
      const known = progress.get(message.execution);
      if (known !== undefined && known.agentId !== connection.agentId) return;
      progress.set(message.execution, { agentId: connection.agentId, fraction: message.fraction, text: message.text });
      events.emit('execution.progress', {
        executionId: message.execution,
        runId: '',
        fraction: message.fraction,
        text: message.text,
      });
    },

    async ended(connection, message) {
      const answer = await ledger.write(async (unit) => {
        const row = await current(unit, connection, message);
        if (row === undefined || !mayEnd(row, message)) return 'ack';
        const logHeld = await logSizeIn(unit.writer, row.id);
        if (logHeld < message.logSize) return logHeld;
        await endAttempt(unit, row, endOf(message), (await specs.of(row.run_id)).policy, random);
        return 'ack';
      });
      const attempt = { execution: message.execution, attempt: message.attempt };
      connection.send(answer === 'ack' ? { type: 'ack', ...attempt } : { type: 'log_from', ...attempt, offset: answer });
    },

    progressOf(executionId) {
      const known = progress.get(executionId);
      return known === undefined ? null : { fraction: known.fraction, text: known.text };
    },
    forgetProgress: (executionId) => void progress.delete(executionId),
  };

  /** `running` was committed, but the connection was gone before `start` could leave: the agent never started it. */
  async function neverTold(connection: AgentConnection, message: AgentMessageOf<'accept'>): Promise<void> {
    await ledger.write(async (unit) => {
      const row = await current(unit, connection, message);
      if (row?.state === 'running') await requeue(unit, row, 'never_started');
    });
  }
}

/** The row, if the message comes from its agent and is of its current attempt. */
async function current(
  unit: LedgerUnit,
  connection: AgentConnection,
  message: { execution: string; attempt: number },
): Promise<ExecutionRow | undefined> {
  const row = await findExecution(unit.writer, message.execution);
  return row !== undefined && row.open === 1 && row.agent_id === connection.agentId && row.attempt === message.attempt
    ? row
    : undefined;
}

/** An offer that was not started can end in one way only: the agent rejects it. */
const mayEnd = (row: ExecutionRow, message: ResultMessage): boolean =>
  row.state === 'offered'
    ? message.outcome === 'rejected'
    : row.state === 'running' || row.state === 'unknown' || row.state === 'cancelling';

const endOf = (message: ResultMessage) => ({
  outcome: message.outcome,
  reason: reasonOf(message.reason, message.outcome),
  message: message.message,
  exitCode: message.exitCode,
  data: message.data === null ? null : JSON.stringify(message.data),
  logBytes: message.logSize,
  cutBytes: message.cutBytes,
  durationMs: message.durationMs,
});
