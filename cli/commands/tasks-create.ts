import { type Command, Option } from 'commander';
import { taskCreated } from '../../shared/api/runs.ts';
import { catchUps, policy } from '../../shared/api/tasks.ts';
import { MusterError } from '../../shared/errors.ts';
import type { Context, Perform } from '../context.ts';
import { seconds } from '../flags.ts';
import { addInGroup } from '../groups.ts';
import { scheduleText } from '../output/task-text.ts';
import { ago } from '../output/times.ts';
import { addTaskFlags, policyOf, type TaskOptions, taskFlagOfField, withoutUndefined } from '../task-flags.ts';
import { addTimingFlags, type TimingOptions, timingOf } from '../timing-flags.ts';

type CreateOptions = TaskOptions &
  TimingOptions & {
    readonly overlap?: string;
    readonly catchUp?: string;
    readonly splay?: number;
  };

export function addTaskCreate(group: Command, perform: Perform): void {
  const command = addInGroup(group, 'create', 'make a task; without --cron and --every it runs once, now').requiredOption(
    '--on, --owner <owner>',
    'ALL, Anyone, an agent, or an expression such as "tag:web & os:linux"',
  );
  addTimingFlags(addTaskFlags(command))
    .addOption(
      new Option('--overlap <what>', 'when the run before it is still active (default: skip)').choices(
        policy.shape.overlap.unwrap().options,
      ),
    )
    .addOption(new Option('--catch-up <what>', 'of firings missed while the server was down (default: none)').choices(catchUps))
    .addOption(new Option('--splay <seconds>', 'spread the hosts of a firing over so long (default: 0)').argParser(seconds))
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  muster tasks create --on tag:db --plugin shell --args \'{"command":"pg_dumpall | gzip > /backup/all.gz"}\' --cron "0 3 * * *"\n' +
        '  muster tasks create --on Anyone --plugin create_incident --args \'["P1","Disk full"]\'',
    )
    .action(perform(create, taskFlagOfField));
}

async function create(context: Context, options: CreateOptions): Promise<undefined> {
  if (options.plugin === undefined)
    throw new MusterError('field_missing', 'Name the plugin with --plugin.', { field: '--plugin' });
  const body = withoutUndefined({
    ...policyOf(options),
    owner: options.owner,
    plugin: options.plugin,
    action: options.action,
    args: options.args,
    ...timingOf(options),
    overlap: options.overlap,
    catchUp: options.catchUp,
    splaySeconds: options.splay,
  });
  const created = await context.client.post('/api/v1/tasks', taskCreated, body);
  context.print(created, () => `${created.task.id}\n`);
  const { now } = context.surroundings;
  context.say(
    created.run === null
      ? `It fires ${scheduleText(created.task)}, next ${ago(created.task.nextFireAt, now())}.`
      : `It runs now as ${created.run.id}; \`muster runs show ${created.run.id}\` shows the results.`,
  );
}
