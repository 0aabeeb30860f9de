import type { Command } from 'commander';
import { taskCreated } from '../../shared/api/runs.ts';
import { MusterError } from '../../shared/errors.ts';
import { commandLineOf } from '../command-line.ts';
import { type Context, exitCodes, type Perform } from '../context.ts';
import { addSharedOptions } from '../flags.ts';
import { asOneLine, cutTo } from '../output/width.ts';
import { addTaskFlags, policyOf, type TaskOptions, taskFlagOfField, withoutUndefined } from '../task-flags.ts';
import { waitAndShow } from '../wait-and-show.ts';

type RunOptions = TaskOptions & { readonly wait: boolean };

/** `muster run -- uname -a`: makes an Adhoc task, waits for its run and shows what came out. */
export function addRun(program: Command, perform: Perform): void {
  const command = program
    .command('run')
    .helpGroup('Work:')
    .summary('run something now and wait for it')
    .description(
      'Runs a command line on hosts, or any action of a plugin, waits for it and shows the results.\n' +
        'The exit code is 0 only if it succeeded everywhere. Ctrl-C cancels the run; once more leaves it.',
    )
    .usage('[options] -- COMMAND...')
    .argument('[words...]', 'the command line; with --plugin, positional arguments of the action')
    .option('--on, --owner <owner>', 'ALL, Anyone, an agent, or an expression such as "tag:web & os:linux"', 'Anyone')
    .option('--no-wait', 'do not wait: print the ids and return');
  addSharedOptions(addTaskFlags(command))
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  muster run -- uname -a\n' +
        '  muster run --on ALL -- df -h /\n' +
        "  muster run --on 'tag:web & os:linux' -- 'systemctl is-active nginx || journalctl -n 20 -u nginx'\n" +
        '  muster run --plugin create_incident -- P1 "Database connection failed"',
    )
    .action(perform(runNow, { ...taskFlagOfField, 'args.command': 'the command line' }));
}

async function runNow(context: Context, words: readonly string[], options: RunOptions): Promise<number> {
  const created = await context.client.post('/api/v1/tasks', taskCreated, bodyOf(words, options));
  const started = created.run;
  if (started === null) throw new MusterError('internal', 'The server made no run of the task.');
  if (!options.wait) {
    context.print(created, () => `${started.id}\n`);
    return exitCodes.done;
  }
  return await waitAndShow(context, { task: created.task, run: started });
}

function bodyOf(words: readonly string[], options: RunOptions): Record<string, unknown> {
  return withoutUndefined({
    name: nameOf(words, options),
    ...policyOf(options),
    owner: options.owner,
    plugin: options.plugin ?? 'shell',
    action: options.action,
    args: argsOf(words, options),
    type: 'Adhoc',
  });
}

/** Lists of runs tell one command line from another. */
function nameOf(words: readonly string[], { plugin = 'shell' }: RunOptions): string | undefined {
  return plugin === 'shell' && words.length > 0 ? cutTo(asOneLine(commandLineOf(words)), longestName) || undefined : undefined;
}

const longestName = 80;

function argsOf(words: readonly string[], { plugin = 'shell', args }: RunOptions): unknown {
  if (words.length > 0 && args !== undefined)
    throw new MusterError('field_invalid', 'Give the arguments with --args or after --, not both.', { field: '--args' });
  if (words.length > 0) return plugin === 'shell' ? { command: commandLineOf(words) } : words;
  if (args !== undefined || plugin !== 'shell') return args;
  throw new MusterError('field_missing', 'There is nothing to run: put a command line after --, as in `muster run -- uname -a`.');
}
