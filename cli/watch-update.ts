import { setTimeout as pause } from 'node:timers/promises';
import { type AgentUpdate, agentUpdate } from '../shared/api/updates.ts';
import { hostUpdateStates, isUpdateError } from '../shared/update-states.ts';
import { type Context, exitCodes } from './context.ts';
import { patiently } from './follow.ts';

const everyMs = 1000;

/**
 * Waits until an update goes on no further by itself. On a terminal one line tells where it is; each wave and each pause gets a line that stays.
 * Ctrl-C leaves the update alone.
 */
export async function watchUpdate(context: Context, id: string): Promise<number> {
  const left = new AbortController();
  const stop = context.surroundings.onInterrupt(() => left.abort());
  try {
    const ended = await waitFor(context, id, left.signal);
    if (context.json) context.print(ended, () => '');
    const errors = hostUpdateStates.filter(isUpdateError).reduce((sum, state) => sum + (ended.counts[state] ?? 0), 0);
    return ended.state === 'done' && errors === 0 ? exitCodes.done : exitCodes.failed;
  } catch (error) {
    if (!left.signal.aborted) throw error;
    context.say(`Left ${id} as it is; \`muster agents updates\` tells how it goes on.`);
    return exitCodes.interrupted;
  } finally {
    stop();
  }
}

async function waitFor(context: Context, id: string, signal: AbortSignal): Promise<AgentUpdate> {
  const { stderr } = context.surroundings;
  const shows = stderr.isTerminal && !context.json;
  const clear = (): void => stderr.write('\r\u001b[K');
  let reason = '';
  for (;;) {
    const update = await patiently(() => context.client.get(`/api/v1/agent-updates/${id}`, agentUpdate, {}, signal), {
      signal,
      onAway: context.say,
    });
    if (shows) clear();
    if (update.reason !== reason) context.say(update.reason);
    reason = update.reason;
    if (update.state !== 'running') {
      context.say(`${update.state}: ${countsText(update.counts)}`);
      return update;
    }
    if (shows) stderr.write(countsText(update.counts));
    await pause(everyMs, undefined, { signal });
  }
}

/** `40 healthy, 3 downloading`, in the order in which a host goes through them. */
export const countsText = (counts: AgentUpdate['counts']): string =>
  hostUpdateStates
    .filter((state) => (counts[state] ?? 0) > 0)
    .map((state) => `${counts[state]} ${state.replace('_', ' ')}`)
    .join(', ');
