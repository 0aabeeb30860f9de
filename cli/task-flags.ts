import { type Command, Option } from 'commander';
import { policy, timeoutActions } from '../shared/api/tasks.ts';
import type { Json } from '../shared/json.ts';
import { lockOfText } from '../shared/lock-text.ts';
import { jsonValue, seconds, variable, wholeNumber, word } from './flags.ts';

/** Flags of what `run` and `tasks create` have in common: what is to be done, where and how carefully. */
export type TaskOptions = {
  readonly owner?: string;
  readonly plugin?: string;
  readonly pluginVersion?: string;
  readonly action?: string;
  readonly args?: Json;
  readonly name?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly timeout?: number;
  readonly onTimeout?: string;
  readonly grace?: number;
  readonly ifOffline?: string;
  readonly expiresAfter?: number;
  readonly retries?: number;
  readonly retryDelay?: number;
  readonly idempotent?: boolean;
  readonly retryElsewhere?: boolean;
  readonly maxConcurrent?: number;
  readonly lock?: readonly string[];
  readonly outputLimit?: number;
  readonly memory?: number;
  readonly cpu?: number;
  readonly nice?: number;
  readonly openFiles?: number;
  readonly processes?: number;
};

/** The defaults are the server's: a flag that is not given is not sent. */
export const addTaskFlags = (command: Command): Command =>
  command
    .option('--plugin <name>', 'plugin that does it')
    .option(
      '--plugin-version <version>',
      'a stored version that it keeps, or the beginning of its SHA-256 (default: the current one)',
    )
    .option('--action <name>', 'action of the plugin (default: main)')
    .addOption(new Option('--args <json>', 'arguments of the action: a JSON array or object').argParser(jsonValue))
    .option('--name <text>', 'what people call it')
    .addOption(new Option('--env <NAME=VALUE>', 'environment variable of the work; may be repeated').argParser(variable))
    .addOption(new Option('--timeout <seconds>', 'time limit, such as 90s or 1h (default: 1h)').argParser(seconds))
    .addOption(
      new Option(
        '--on-timeout <what>',
        'past the limit it has failed, or its output so far is the result (default: kill)',
      ).choices(timeoutActions),
    )
    .addOption(new Option('--grace <seconds>', 'between asking it to end and killing it (default: 10s)').argParser(seconds))
    .addOption(
      new Option('--if-offline <what>', 'of hosts that are not Online (default: wait)').choices(
        policy.shape.ifOffline.unwrap().options,
      ),
    )
    .addOption(new Option('--expires-after <seconds>', 'how long to wait for a host (default: 1h)').argParser(seconds))
    .addOption(new Option('--retries <count>', 'further attempts after a failure (default: 0)').argParser(wholeNumber(0, 100)))
    .addOption(new Option('--retry-delay <seconds>', 'before the first retry (default: 5s)').argParser(seconds))
    .option('--retry-elsewhere', 'for Anyone: a retry goes to a host that has not tried it, if there is one')
    .option('--idempotent', 'may be started again when it cannot be known whether it happened')
    .addOption(
      new Option('--max-concurrent <count>', 'executions of the task under way at a time (default: no limit)').argParser(
        wholeNumber(1, 10_000),
      ),
    )
    .addOption(
      new Option('--lock <NAME[:LIMIT]>', 'hold this lock, shared by all tasks that name it; may be repeated').argParser(word),
    )
    .addOption(
      new Option('--output-limit <bytes>', 'output kept per host (default: 10 MiB)').argParser(wholeNumber(1024, 1_073_741_824)),
    )
    .addOption(new Option('--memory <MiB>', 'memory of the work (default: no limit)').argParser(wholeNumber(16, 16_777_216)))
    .addOption(new Option('--cpu <percent>', 'of one processor (default: no limit)').argParser(wholeNumber(1, 100_000)))
    .addOption(new Option('--nice <value>', 'gives way to other work; 19 to all of it').argParser(wholeNumber(0, 19)))
    .addOption(new Option('--open-files <count>', 'of each of its processes').argParser(wholeNumber(16, 1_048_576)))
    .addOption(
      new Option('--processes <count>', 'and threads at a time (default: no limit)').argParser(wholeNumber(1, 1_000_000)),
    );

/** What of the body of `POST /tasks` these flags say. */
export function policyOf(options: TaskOptions): Record<string, unknown> {
  const retries = {
    ...(options.retries === undefined ? {} : { count: options.retries }),
    ...(options.retryDelay === undefined ? {} : { delaySeconds: options.retryDelay }),
    ...(options.retryElsewhere === undefined ? {} : { elsewhere: options.retryElsewhere }),
  };
  const limits = withoutUndefined({
    memoryMb: options.memory,
    cpuPercent: options.cpu,
    nice: options.nice,
    openFiles: options.openFiles,
    processes: options.processes,
  });
  return withoutUndefined({
    name: options.name,
    pluginVersion: options.pluginVersion,
    env: options.env,
    timeoutSeconds: options.timeout,
    onTimeout: options.onTimeout,
    graceSeconds: options.grace,
    ifOffline: options.ifOffline,
    expiresAfter: options.expiresAfter,
    retries: Object.keys(retries).length === 0 ? undefined : retries,
    idempotent: options.idempotent,
    maxConcurrent: options.maxConcurrent,
    locks: options.lock?.map(lockOfText),
    outputLimitBytes: options.outputLimit,
    limits: Object.keys(limits).length === 0 ? undefined : limits,
  });
}

export const withoutUndefined = (value: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined));

/** Where the fields of a task came from, for errors. */
export const taskFlagOfField = {
  owner: '--on',
  plugin: '--plugin',
  pluginVersion: '--plugin-version',
  action: '--action',
  args: '--args',
  name: '--name',
  env: '--env',
  timeoutSeconds: '--timeout',
  onTimeout: '--on-timeout',
  graceSeconds: '--grace',
  ifOffline: '--if-offline',
  expiresAfter: '--expires-after',
  'retries.count': '--retries',
  'retries.delaySeconds': '--retry-delay',
  maxConcurrent: '--max-concurrent',
  locks: '--lock',
  outputLimitBytes: '--output-limit',
  'limits.memoryMb': '--memory',
  'limits.cpuPercent': '--cpu',
  'limits.nice': '--nice',
  'limits.openFiles': '--open-files',
  'limits.processes': '--processes',
  cron: '--cron',
  timeZone: '--time-zone',
  everySeconds: '--every',
  overlap: '--overlap',
  startsAt: '--from',
  endsAt: '--until',
  excludeDates: '--exclude-date',
  blackout: '--blackout',
  catchUp: '--catch-up',
  splaySeconds: '--splay',
  'retries.elsewhere': '--retry-elsewhere',
} as const;
