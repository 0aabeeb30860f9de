import { setTimeout as pause } from 'node:timers/promises';
import { type ExecutionDetail, executionDetail } from '../shared/api/executions.ts';
import type { Context } from './context.ts';
import { readLog } from './follow.ts';
import { colourOfState, paintFor } from './output/colours.ts';
import { whyItEnded } from './output/ending.ts';
import { isWorthShowing } from './output/folded.ts';
import { took } from './output/times.ts';

/** Shows the output of an execution as it comes, and how it ended. */
export async function watchExecution(context: Context, executionId: string, signal: AbortSignal): Promise<void> {
  const { client, stdout, surroundings } = context;
  const { stderr } = surroundings;
  const path = `/api/v1/executions/${executionId}`;
  const over = new AbortController();
  const waiting = tellWhyItWaits(context, path, AbortSignal.any([signal, over.signal]));
  let said = false;
  let atLineStart = true;
  try {
    for await (const { stream, text } of readLog(client, executionId, { follow: true, signal, onAway: context.say })) {
      over.abort();
      said = true;
      if (stream === 'err' || stream === 'cut') stderr.write(text);
      else stdout.write(text);
      atLineStart = text.endsWith('\n');
      await stdout.drained();
    }
  } finally {
    over.abort();
    await waiting;
  }
  const ended = await client.get(path, executionDetail, undefined, signal);
  if (!said && isWorthShowing(ended.data)) stdout.write(`${JSON.stringify(ended.data, null, 2)}\n`);
  // the prompt of a terminal, or the line after, begins at the left
  if (!atLineStart && stderr.isTerminal) stderr.write('\n');
  context.say(endOf(ended, context));
}

function endOf(ended: ExecutionDetail, { surroundings }: Context): string {
  const paint = paintFor(surroundings.stderr);
  const state = paint(ended.state.replace('_', ' '), colourOfState(ended.state));
  const time = ended.durationMs === null ? '' : ` after ${took(ended.durationMs)}`;
  const why = whyItEnded({ ...ended, message: ended.message || (ended.reason === 'finished' ? null : ended.reasonText) });
  return `${ended.agentName ?? 'no host'}: ${state}${time}${why === '' ? '' : `: ${why}`}`;
}

const firstLookMs = 2000;
const nextLookMs = 5000;

/** Work that does not start soon waits for something: whoever sits before it wants to know for what. */
async function tellWhyItWaits(context: Context, path: string, signal: AbortSignal): Promise<void> {
  let told: string | null = null;
  try {
    for (let delay = firstLookMs; ; delay = nextLookMs) {
      await pause(delay, undefined, { signal, ref: false });
      const now = await context.client.get(path, executionDetail, undefined, signal);
      if (now.state !== 'queued' && now.state !== 'offered') return;
      if (now.reasonText !== null && now.reasonText !== told) context.say(`queued: ${now.reasonText}`);
      told = now.reasonText;
    }
  } catch {
    // aborted, or the server is away: whoever reads the log says so
  }
}
