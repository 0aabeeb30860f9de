import type { ResultMessage } from '../../shared/protocol.ts';
import type { AttemptKey } from '../attempt-key.ts';
import type { JobEnd } from '../execution/job.ts';

/** What is said of an attempt's end before it is known how much output it had. */
export type Ending = Pick<JobEnd, 'outcome' | 'reason' | 'message'> & Partial<JobEnd>;

export const maxMessage = 8192;
/** A result must fit a frame with room to spare. */
const maxDataBytes = 2 * 1024 * 1024;

export function resultOf(
  key: AttemptKey,
  ending: Ending,
  log: { readonly logSize: number; readonly cutBytes: number; readonly outputSha256?: string },
): ResultMessage {
  const data = ending.data ?? null;
  const dataBytes = data === null ? 0 : Buffer.byteLength(JSON.stringify(data));
  const isTooLarge = dataBytes > maxDataBytes;
  const note = isTooLarge ? ` (Its data of ${dataBytes} bytes was dropped: at most ${maxDataBytes} fit.)` : '';
  return {
    type: 'result',
    execution: key.execution,
    attempt: key.attempt,
    outcome: ending.outcome,
    reason: ending.reason,
    message: `${ending.message.slice(0, maxMessage - note.length)}${note}`.toWellFormed(),
    exitCode: ending.exitCode ?? null,
    data: isTooLarge ? null : data,
    durationMs: Math.max(0, ending.durationMs ?? 0),
    ...log,
  };
}

export const cancelledBeforeStart: Ending = {
  outcome: 'cancelled',
  reason: 'cancel_requested',
  message: 'Cancelled before it started: nothing ran.',
};

export const stoppedBeforeStart: Ending = {
  outcome: 'failed',
  reason: 'agent_restarted',
  message: 'The agent was stopped before it started the work: nothing ran.',
};

/** Not the work but the agent came to its end: that is a failure, not a cancel that somebody asked for. */
export const stoppedWithAgent = (end: JobEnd): Ending => ({
  ...end,
  outcome: 'failed',
  reason: 'agent_restarted',
  message: 'The agent was stopped while it ran; its process tree was ended.',
});

export const brokenExecutor = (error: unknown): Ending => ({
  outcome: 'failed',
  reason: 'plugin_error',
  message: `The agent could not run it: ${error instanceof Error ? error.message : String(error)}`,
});

export const secretNotGiven = (name: string): Ending => ({
  outcome: 'rejected',
  reason: 'secret_missing',
  message: `The server did not send the secret ${name} that the task names: nothing ran.`,
});

export const notJournalled = (error: unknown): string =>
  `The agent could not write its journal, so it started nothing: ${error instanceof Error ? error.message : String(error)}`;
