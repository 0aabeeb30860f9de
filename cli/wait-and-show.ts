import { execution } from '../shared/api/executions.ts';
import { folded, type Run, run, type TaskCreated } from '../shared/api/runs.ts';
import { MusterError } from '../shared/errors.ts';
import { type Context, exitCodes } from './context.ts';
import { foldedText } from './output/folded.ts';
import { readList } from './pages.ts';
import { watchExecution } from './watch-execution.ts';
import { watchRun } from './watch-run.ts';

type Started = { readonly task: TaskCreated['task']; readonly run: Run };

/** One execution is shown as it happens, several are shown folded when all have ended. */
export async function waitAndShow(context: Context, { task, run: started }: Started): Promise<number> {
  const cancelling = cancelOnInterrupt(context, started.id);
  try {
    const ended = await watched(context, started, cancelling.signal);
    const path = `/api/v1/runs/${ended.id}/folded`;
    if (context.json) {
      const results = await context.client.get(path, folded);
      context.print({ task, run: ended, groups: results.groups }, () => '');
    } else if (started.total > 1) {
      const { groups } = await context.client.get(path, folded);
      context.stdout.write(foldedText(groups, context.stdout));
    }
    if (ended.state === 'succeeded') return exitCodes.done;
    return cancelling.asked() ? exitCodes.interrupted : exitCodes.failed;
  } catch (error) {
    if (!cancelling.signal.aborted) throw error;
    context.say(`Left ${started.id} as it is; \`muster runs show ${started.id}\` tells how it goes on.`);
    return exitCodes.interrupted;
  } finally {
    cancelling.stop();
  }
}

async function watched(context: Context, started: Run, signal: AbortSignal): Promise<Run> {
  if (started.total === 1 && !context.json) {
    const { items } = await readList(context.client, `/api/v1/runs/${started.id}/executions`, execution, { limit: 1 });
    const only = items[0];
    if (only !== undefined) await watchExecution(context, only.id, signal);
  }
  return await watchRun(context, started.id, signal);
}

/** The first interrupt cancels the run, which then ends by itself; the second leaves it alone. */
function cancelOnInterrupt(context: Context, runId: string): { readonly signal: AbortSignal; asked(): boolean; stop(): void } {
  const left = new AbortController();
  let asked = false;
  const stop = context.surroundings.onInterrupt(() => {
    if (asked) {
      left.abort();
      return;
    }
    asked = true;
    context.say(`Cancelling ${runId}… (Ctrl-C again leaves it alone)`);
    context.client.post(`/api/v1/runs/${runId}/cancel`, run).catch((error: unknown) => {
      // it may have ended at the same moment, which the wait then tells
      if (!(error instanceof MusterError && error.code === 'state_conflict'))
        context.say(`It could not be cancelled: ${(error as Error).message}`);
    });
  });
  return { signal: left.signal, asked: () => asked, stop };
}
