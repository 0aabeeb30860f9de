import type { Policy } from '../../../shared/api/tasks.ts';
import type { AgentMessageOf, ResultMessage } from '../../../shared/protocol.ts';
import { reasonCodes } from '../../../shared/reasons.ts';
import type { SecretValues } from '../../../shared/secret-references.ts';
import type { EventBus } from '../../platform/events/bus.ts';
import type { AgentConnection } from '../../platform/gateway/connection.ts';
import type { Writer } from '../../schema/schema.ts';
import type { Candidate } from './assignment.ts';
import { unstartedSince } from './attempts.store.ts';
import { type AttemptEnd, endAttempt, reasonOf, releaseUnstarted, runningDeadline, unanswered } from './attempts.ts';
import { keepLateResult } from './late-results.ts';
import { changedOf, type Ledger, type LedgerUnit } from './ledger.ts';
import type { ProgressBoard } from './progress.ts';
import { hostsAskedAtMost, isOfTheHost, othersThan, pauseAfter, refusedBy } from './refusals.ts';
import type { ExecutionRow } from './rows.ts';
import type { RunSpecs } from './run-specs.ts';

/**
 * What agents say of their attempts. Each message is fenced: it counts only if it comes from the agent that holds the execution and
 * names the attempt that is current. A late one is normal: it moves nothing, and the agent is told to forget. What a late result tells of
 * an attempt that the ledger had given up is kept beside it.
 */
export type AttemptsService = {
  accepted(connection: AgentConnection, message: AgentMessageOf<'accept'>): Promise<void>;
  declined(connection: AgentConnection, message: AgentMessageOf<'decline'>): Promise<void>;
  progressed(connection: AgentConnection, message: AgentMessageOf<'progress'>): void;
  ended(connection: AgentConnection, message: ResultMessage): Promise<void>;
};

export type AttemptsResources = {
  readonly ledger: Ledger;
  readonly events: EventBus;
  readonly specs: RunSpecs;
  readonly progress: ProgressBoard;
  readonly random: () => number;
  readonly logSizeIn: (writer: Writer, executionId: string) => Promise<number>;
  readonly agents: { all(): readonly Candidate[] };
  readonly platformsOf: (sha256: string | null) => readonly string[] | undefined;
  readonly openSecrets: OpenSecrets;
};

export type OpenSecrets = (
  writer: Writer,
  names: readonly string[],
  use: { readonly execution: string; readonly attempt: number; readonly agent: string; readonly again: boolean },
) => Promise<{ values: SecretValues } | { fault: string }>;

export function createAttempts(resources: AttemptsResources): AttemptsService {
  const { ledger, events, specs, progress, random, logSizeIn, agents, platformsOf, openSecrets } = resources;

  return {
    async accepted(connection, message) {
      // instant: accept-received
      const answer = await ledger.write(async (unit) => {
        const row = await current(unit, connection, message);
        if (row?.state !== 'running' && row?.state !== 'offered') return { say: 'stop' as const };
        const again = row.state === 'running';
        const { policy, secrets } = await specs.of(row.run_id);
        const given = await secretsFor(unit, connection, row, secrets);
        if ('fault' in given) {
          if (!again) await endUnstarted(unit, row, given.fault);
          return { say: 'stop' as const };
        }
        if (again) return { say: 'start_again' as const, ...given };
        await unit.move(row, 'running', { reason: null, started_at: unit.now, deadline_at: runningDeadline(policy, unit.now) });
        return { say: 'start' as const, ...given };
      });
      // instant: accept-committed
      const attempt = { execution: message.execution, attempt: message.attempt };
      if (answer.say === 'stop') connection.send({ type: 'stop', ...attempt, reason: 'given_up', graceSeconds: 0 });
      else {
        const { secrets } = answer;
        const isTold = connection.send({ type: 'start', ...attempt, ...(secrets === undefined ? {} : { secrets }) });
        // an accept that came twice: the first one was answered, and the next hello tells whether that arrived
        if (!isTold && answer.say === 'start') await neverTold(connection, message);
      }
    },

    async declined(connection, message) {
      await ledger.write(async (unit) => {
        const row = await current(unit, connection, message);
        if (row === undefined || row.state === 'queued') return;
        // one that accepted and then declines, because it is stopping, has dropped the offer: the `start` finds nothing
        const text = `${connection.agentName} declined: ${message.message || message.reason}.`;
        const { pauseMs } = await afterRefusal(unit, row);
        await releaseUnstarted(unit, row, 'agent_declined', { text, pauseMs });
      });
    },

    progressed(connection, message) {
      const runId = progress.tell(connection.agentId, message);
      if (runId === undefined) return;
      const { execution, fraction, text } = message;
      events.emit('execution.progress', { executionId: execution, runId, fraction, text });
    },

    async ended(connection, message) {
      const answer = await ledger.write(async (unit) => {
        const row = await current(unit, connection, message);
        if (row === undefined || !mayEnd(row, message)) return keepLateResult(unit, connection.agentId, message, logSizeIn);
        const logHeld = await logSizeIn(unit.writer, row.id);
        if (logHeld < message.logSize) return logHeld;
        const { policy } = await specs.of(row.run_id);
        await end(unit, row, endOf(row, message, logHeld, policy), connection.agentName);
        // instant: result-recorded
        return 'ack';
      });
      // instant: result-committed
      const attempt = { execution: message.execution, attempt: message.attempt };
      if (typeof answer === 'number') connection.send({ type: 'log_from', ...attempt, offset: answer });
      else connection.send({ type: 'ack', ...attempt });
      if (typeof answer === 'object') events.emit('execution.changed', changedOf(answer.kept));
    },
  };

  /** What the attempt needs is read only now, when its agent has taken it, and goes to this agent alone. */
  async function secretsFor(
    unit: LedgerUnit,
    { agentName: agent }: AgentConnection,
    { id: execution, attempt, state }: ExecutionRow,
    names: readonly string[],
  ): Promise<{ secrets?: SecretValues } | { fault: string }> {
    if (names.length === 0) return {};
    const opened = await openSecrets(unit.writer, names, { execution, attempt, agent, again: state === 'running' });
    return 'fault' in opened ? opened : { secrets: opened.values };
  }

  async function endUnstarted(unit: LedgerUnit, row: ExecutionRow, fault: string): Promise<void> {
    const end = unanswered('rejected', 'secret_missing', row, await logSizeIn(unit.writer, row.id));
    await endAttempt(unit, row, { ...end, message: fault }, (await specs.of(row.run_id)).policy, random);
  }

  /** `running` was committed, but the connection was gone before `start` could leave: the agent never started it. */
  async function neverTold(connection: AgentConnection, message: AgentMessageOf<'accept'>): Promise<void> {
    await ledger.write(async (unit) => {
      const row = await current(unit, connection, message);
      if (row?.state === 'running' || row?.state === 'cancelling') await releaseUnstarted(unit, row, 'never_started');
    });
  }

  async function end(unit: LedgerUnit, row: ExecutionRow, attemptEnd: AttemptEnd, agentName: string): Promise<void> {
    const { outcome, reason, message } = attemptEnd;
    // one that has written something has run, whatever it says
    const nothingRan = outcome === 'rejected' && attemptEnd.logBytes === row.log_from;
    if (nothingRan && row.target === 'anyone' && row.state !== 'cancelling' && isOfTheHost(reason)) {
      const { mayGoOn, pauseMs } = await afterRefusal(unit, row);
      const text = `${agentName} cannot run it: ${message || reasonCodes[reason]}`;
      if (mayGoOn) return void (await releaseUnstarted(unit, row, 'agent_declined', { text, pauseMs }));
    }
    await endAttempt(unit, row, attemptEnd, (await specs.of(row.run_id)).policy, random);
  }

  /** What is to be done with a row whose agent does not take it: how long it waits, and whether another host may take it at all. */
  async function afterRefusal(unit: LedgerUnit, row: ExecutionRow): Promise<{ pauseMs: number; mayGoOn: boolean }> {
    const unstarted = await unstartedSince(unit.writer, row.id);
    const refusals = 1 + countWhile(unstarted, ({ reason }) => reason === 'agent_declined');
    if (row.target !== 'anyone') return { pauseMs: pauseAfter(refusals, 'none'), mayGoOn: false };
    const refused = refusedBy([...unstarted, { attempt: row.attempt, agent_id: row.agent_id, reason: null }]);
    const others = othersThan(refused, agents.all(), platformsOf((await specs.of(row.run_id)).sha256));
    return { pauseMs: pauseAfter(refusals, others), mayGoOn: others !== 'none' && refusals < hostsAskedAtMost };
  }
}

function countWhile<T>(items: readonly T[], holds: (item: T) => boolean): number {
  const end = items.findIndex((item) => !holds(item));
  return end === -1 ? items.length : end;
}

/** The row, if the message comes from its agent and is of its current attempt. */
async function current(
  unit: LedgerUnit,
  connection: AgentConnection,
  message: { execution: string; attempt: number },
): Promise<ExecutionRow | undefined> {
  const row = await unit.find(message.execution);
  return row !== undefined && row.open === 1 && row.agent_id === connection.agentId && row.attempt === message.attempt
    ? row
    : undefined;
}

/** An offer that was not started can end in one way only: the agent rejects it. */
const mayEnd = (row: ExecutionRow, message: ResultMessage): boolean =>
  row.state === 'offered'
    ? message.outcome === 'rejected'
    : row.state === 'running' || row.state === 'unknown' || row.state === 'cancelling';

function endOf(row: ExecutionRow, message: ResultMessage, logHeld: number, { onTimeout }: Policy): AttemptEnd {
  // nobody cancelled it: the server stopped it because it was past its time limit
  const outOfTime = row.state === 'cancelling' && row.reason === 'time_limit' && message.outcome === 'cancelled';
  const isSnapshot = outOfTime && onTimeout === 'snapshot';
  return {
    outcome: isSnapshot ? 'succeeded' : outOfTime ? 'timed_out' : message.outcome,
    reason: isSnapshot ? 'snapshot' : outOfTime ? 'time_limit' : reasonOf(message.reason, message.outcome),
    message: isSnapshot ? reasonCodes.snapshot : message.message,
    exitCode: isSnapshot ? null : message.exitCode,
    data: message.data === null ? null : JSON.stringify(message.data),
    logBytes: logHeld,
    cutBytes: message.cutBytes,
    durationMs: message.durationMs,
    outputSha256: message.outputSha256,
  };
}
