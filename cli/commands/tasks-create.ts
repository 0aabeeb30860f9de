import { type Command, Option } from 'commander';
import { taskCreated } from '../../shared/api/runs.ts';
import { catchUps, policy } from '../../shared/api/tasks.ts';
import { MusterError } from '../../shared/errors.ts';
import type { Context, Perform } from '../context.ts';
import { seconds, word } from '../flags.ts';
import { addInGroup } from '../groups.ts';
import { scheduleText } from '../output/task-text.ts';
import { ago } from '../output/times.ts';
import { addTaskFlags, policyOf, type TaskOptions, taskFlagOfField, withoutUndefined } from '../task-flags.ts';

type CreateOptions = TaskOptions & {
  readonly cron?: string;
  readonly timeZone?: string;
  readonly every?: number;
  readonly overlap?: string;
  readonly from?: string;
  readonly until?: string;
  readonly excludeDate?: readonly string[];
  readonly blackout?: readonly string[];
  readonly catchUp?: string;
  readonly splay?: number;
};

export function addTaskCreate(group: Command, perform: Perform): void {
  const command = addInGroup(group, 'create', 'make a task; without --cron and --every it runs once, now').requiredOption(
    '--on, --owner <owner>',
    'ALL, Anyone, an agent, or an expression such as "tag:web & os:linux"',
  );
  addTaskFlags(command)
    .option('--cron <expression>', 'when it fires: five fields, or @hourly, @daily and the like')
    .option('--time-zone <name>', 'of the cron expression, such as Europe/Berlin (default: UTC)')
    .addOption(new Option('--every <seconds>', 'fires again and again, such as 5m').argParser(seconds).conflicts(['cron']))
    .addOption(
      new Option('--overlap <what>', 'when the run before it is still active (default: skip)').choices(
        policy.shape.overlap.unwrap().options,
      ),
    )
    .option('--from <time>', 'no firing before it, such as 2026-01-31T08:00:00Z')
    .option('--until <time>', 'no firing after it')
    .addOption(new Option('--exclude-date <date>', 'no firing on it, such as 2026-12-25; may be repeated').argParser(word))
    .addOption(
      new Option('--blackout <window>', 'no firing in it, such as "Mon-Fri 09:00-17:00"; may be repeated').argParser(word),
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
  if (options.timeZone !== undefined && options.cron === undefined && options.every === undefined)
    throw new MusterError('field_invalid', '--time-zone goes with --cron or --every.', { field: '--time-zone' });
  const type = options.cron !== undefined ? 'Scheduled' : options.every !== undefined ? 'Interval' : 'Adhoc';
  const body = withoutUndefined({
    ...policyOf(options),
    owner: options.owner,
    plugin: options.plugin,
    action: options.action,
    args: options.args,
    type,
    cron: options.cron,
    timeZone: options.timeZone,
    everySeconds: options.every,
    overlap: options.overlap,
    startsAt: options.from,
    endsAt: options.until,
    excludeDates: options.excludeDate,
    blackout: options.blackout,
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
