import type { Command } from 'commander';
import { executionDetail } from '../../shared/api/executions.ts';
import { MusterError } from '../../shared/errors.ts';
import type { Context, Perform } from '../context.ts';
import { addSharedOptions } from '../flags.ts';
import { cancelRun } from './runs.ts';

export function addCancel(program: Command, perform: Perform): void {
  const command = program
    .command('cancel')
    .helpGroup('Work:')
    .summary('cancel a run or one execution')
    .description('Asks work to end, then forces it. Returns at once; `muster runs show` tells how it ended.')
    .argument('<id>', 'of a run or an execution');
  addSharedOptions(command).action(perform(cancel));
}

async function cancel(context: Context, id: string): Promise<undefined> {
  switch (kindOfId(id)) {
    case 'run':
      return await cancelRun(context, id);
    case 'execution': {
      const cancelled = await context.client.post(`/api/v1/executions/${encodeURIComponent(id)}/cancel`, executionDetail);
      context.print(cancelled, () => `${cancelled.id}: ${cancelled.state}\n`);
    }
  }
}

/** @throws MusterError field_invalid if it is neither */
export function kindOfId(id: string): 'run' | 'execution' {
  if (id.startsWith('run_')) return 'run';
  if (id.startsWith('exe_')) return 'execution';
  throw new MusterError(
    'field_invalid',
    `"${id}" is neither a run (run_…) nor an execution (exe_…). \`muster runs\` and \`muster executions\` list them.`,
  );
}
