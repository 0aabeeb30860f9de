import { existsSync } from 'node:fs';
import type { Json } from '../../shared/json.ts';
import { exitSentence, type ProgramExit } from './exit-sentence.ts';
import type { Job, JobEnd } from './job.ts';
import { cleanText } from './output-text.ts';

/** How the work itself ended, before it is known how long it took or whether somebody had stopped it. */
export type WorkEnd = Omit<JobEnd, 'durationMs'>;

export type StopReason = 'cancel' | 'given_up' | 'shutdown' | 'time_limit';

/** Longer messages are cut; the log holds all. */
const maxMessage = 4000;
/** A result with more data than this fails: what is large belongs into the log or a file. */
export const maxDataBytes = 1024 * 1024;
const maxDataDepth = 64;

/**
 * What a function returned. An object whose `status` is `success` or `failed` is a result, and members of it that are not part of a result
 * become its data if it has none; anything else is the data of a success. A result whose data tell of an exit (`exitCode`, and `signal` if
 * it was ended by one) stands for the program that exited so.
 */
export function endOfValue(value: Json): WorkEnd {
  if (!isResult(value)) return withData(succeeded('The work finished.'), value);
  const { status, message, data, ...others } = value;
  const ownData = data === undefined && Object.keys(others).length > 0 ? others : (data ?? null);
  const exit = exitOf(ownData);
  const exitCode = exit?.exitCode ?? null;
  const sentence = (typeof message === 'string' && message) || (exit && exitSentence(exit));
  if (status === 'success') return withData({ ...succeeded(sentence || 'The work finished.'), exitCode }, ownData);
  const reason = exit === undefined || exit.exitCode === 0 ? 'status_failed' : 'exit_code';
  return withData({ ...failed(reason, sentence || 'The plugin reported status failed and gave no message.'), exitCode }, ownData);
}

/** A program of the line protocol: its exit code decides, then the result that it printed. */
export function endOfProgram(
  exit: ProgramExit,
  printed: { readonly status: 'success' | 'failed'; readonly message?: string | undefined; readonly data?: unknown } | undefined,
): WorkEnd {
  const message = printed?.message || undefined;
  const data = (printed?.data ?? null) as Json;
  const exitCode = exit.exitCode;
  if (exitCode !== 0) return withData({ ...failed('exit_code', message ?? exitSentence(exit)), exitCode }, data);
  if (printed?.status === 'failed') {
    return withData(
      { ...failed('status_failed', message ?? 'The program reported status failed and gave no message.'), exitCode },
      data,
    );
  }
  return withData({ ...succeeded(message ?? exitSentence(exit)), exitCode }, data);
}

/** @param message a sentence, or the first line of what was thrown */
export const endOfError = (message: string, exitCode: number | null = null): WorkEnd => ({
  ...failed('plugin_error', message),
  exitCode,
});

/**
 * Somebody stopped it: that is what counts, whatever it made of it in its last moments. Only the end of the agent is nobody's wish: work that
 * came to a good end all the same did so.
 */
export function endOfStopped(
  end: WorkEnd,
  why: StopReason,
  how: 'asked' | 'killed',
  { timeoutSeconds, onTimeout }: Pick<Job, 'timeoutSeconds' | 'onTimeout'>,
): WorkEnd {
  if (why === 'shutdown' && how === 'asked' && end.outcome === 'succeeded') return end;
  const manner = how === 'asked' ? 'It ended when it was asked to.' : 'Its process tree was killed.';
  if (why === 'time_limit' && onTimeout === 'snapshot') {
    // a program that never ends by itself tells nothing by the way in which it was ended
    const message = `A snapshot of ${timeoutSeconds} s: what it printed until then is the result. ${manner}`;
    return { ...end, outcome: 'succeeded', reason: 'snapshot', message, exitCode: null };
  }
  const by = {
    time_limit: {
      outcome: 'timed_out',
      reason: 'time_limit',
      message: `The time limit of ${timeoutSeconds} s passed. ${manner}`,
    },
    cancel: { outcome: 'cancelled', reason: 'cancel_requested', message: `Cancelled on request. ${manner}` },
    given_up: { outcome: 'lost', reason: 'given_up', message: `The server had given it up. ${manner}` },
    shutdown: { outcome: 'failed', reason: 'agent_restarted', message: `The agent was stopped while the work ran. ${manner}` },
  } as const satisfies Record<StopReason, Partial<WorkEnd>>;
  return { ...end, ...by[why] };
}

/** Work that could not be started. Why, by the error code of the system where it is known. */
export function endOfUnstartable(error: unknown, program: string): WorkEnd {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' && existsSync(program)) {
    return rejected('runtime_missing', `The interpreter that the first line of ${program} names was not found on this host.`);
  }
  if (code === 'ENOENT') return rejected('runtime_missing', `${program} was not found on this host.`);
  if (code === 'E2BIG') return rejected('args_invalid', 'The arguments are too long for a command line of this host.');
  if (code === 'ERR_INVALID_ARG_VALUE') {
    return rejected('args_invalid', 'An argument or variable holds a NUL character, which no program can be given.');
  }
  if (code === 'EACCES') {
    return endOfError(`${program} may not be run by the agent's user, or is not marked as executable in the plugin.`);
  }
  if (code === 'ENOSPC') return rejected('host_disk_full', 'The disk of the host is full, so nothing was started.');
  return endOfError(`It could not be started: ${message}`);
}

export const rejected = (reason: JobEnd['reason'], message: string): WorkEnd => ({
  outcome: 'rejected',
  reason,
  message,
  exitCode: null,
  data: null,
});

function withData(end: WorkEnd, data: Json): WorkEnd {
  if (depthOf(data) > maxDataDepth)
    return { ...end, ...endOfError(`The data of the result is nested more than ${maxDataDepth} levels deep.`) };
  const text = JSON.stringify(data);
  const bytes = Buffer.byteLength(text);
  if (bytes > maxDataBytes) {
    return {
      ...end,
      ...endOfError(`The data of the result has ${bytes} bytes; at most ${maxDataBytes} fit. Write it to the log or a file.`),
    };
  }
  // NUL and halves of surrogate pairs are JSON, but no database stores them as text
  return { ...end, data: /\\u0000|\\ud[89a-f]/i.test(text) ? (JSON.parse(text, cleanMember) as Json) : data };
}

const cleanMember = (_key: string, member: unknown): unknown => (typeof member === 'string' ? cleanText(member) : member);

function depthOf(data: Json): number {
  let depth = 0;
  for (let level: Json[] = [data]; level.length > 0 && depth <= maxDataDepth + 1; depth += 1) {
    level = level.flatMap((item) => (item !== null && typeof item === 'object' ? Object.values(item) : []));
  }
  return depth;
}

const isResult = (value: Json): value is { status: 'success' | 'failed'; [member: string]: Json } =>
  value !== null &&
  typeof value === 'object' &&
  !Array.isArray(value) &&
  (value.status === 'success' || value.status === 'failed');

function exitOf(data: Json): ProgramExit | undefined {
  if (data === null || typeof data !== 'object' || Array.isArray(data)) return undefined;
  const { exitCode, signal } = data;
  if (Number.isInteger(exitCode)) return { exitCode: exitCode as number, signal: null };
  return exitCode === null && typeof signal === 'string' ? { exitCode, signal } : undefined;
}

const succeeded = (message: string): WorkEnd => ({
  outcome: 'succeeded',
  reason: 'finished',
  message: shorten(message),
  exitCode: null,
  data: null,
});

const failed = (reason: JobEnd['reason'], message: string): WorkEnd => ({
  outcome: 'failed',
  reason,
  message: shorten(message),
  exitCode: null,
  data: null,
});

function shorten(message: string): string {
  const clean = cleanText(message.trim());
  return clean.length <= maxMessage ? clean : `${clean.slice(0, maxMessage - 1).toWellFormed()}…`;
}
