import type { Run } from '../shared/api/runs.ts';
import type { Context } from './context.ts';
import { waitForRun } from './follow.ts';

/** Waits for a run and, on a terminal, counts on one line how many of its hosts have ended. */
export async function watchRun(context: Context, runId: string, signal: AbortSignal): Promise<Run> {
  const { stderr } = context.surroundings;
  const shows = stderr.isTerminal && !context.json;
  let shown = false;
  const line = (text: string): void => stderr.write(`\r\u001b[K${text}`);
  try {
    return await waitForRun(context.client, runId, {
      signal,
      everySeconds: shows ? 1 : 20,
      onAway: context.say,
      onChange({ total, open, state }) {
        if (!shows || total === 1 || state !== 'active') return;
        shown = true;
        line(`${total - open} of ${total} ended`);
      },
    });
  } finally {
    if (shown) line('');
  }
}
