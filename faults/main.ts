import { appendFileSync } from 'node:fs';
import { Command, InvalidArgumentError, Option } from 'commander';
import { type FaultKind, faultKinds, randomInstants } from './fault-plan.ts';
import type { InstantName } from './instants.ts';
import { protectionNames, protections } from './protections.ts';
import { asMarkdown, asText, reportOf } from './report.ts';
import { runFaults } from './run.ts';
import { runCut } from './scenarios/cut.ts';
import { runMigration } from './scenarios/migration.ts';
import type { ScenarioOptions, ScenarioOutcome } from './scenarios/scenario.ts';
import { runSoak } from './scenarios/soak.ts';

const number = (text: string): number => {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0) throw new InvalidArgumentError('It must be a number.');
  return value;
};
const wholeNumber = (text: string): number => {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
};
const listOf =
  <T extends string>(known: readonly T[]) =>
  (text: string): T[] =>
    text.split(',').map((name) => {
      if (!known.includes(name as T)) throw new InvalidArgumentError(`"${name}" is not one of ${known.join(', ')}.`);
      return name as T;
    });

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => {
    console.error('Stopping; what was started is ended and removed.');
    interrupted.abort();
  });

type RandomRunOptions = {
  readonly seed: number;
  readonly minutes: number;
  readonly agents: number;
  readonly only: FaultKind[];
  readonly except: FaultKind[];
  readonly at: InstantName[];
  readonly allStay?: true;
  readonly break: string[];
  readonly rate: number;
  readonly every: number;
  readonly patience: number;
  readonly report?: string;
  readonly json?: true;
  readonly keep?: true;
};

const program = new Command('faults')
  .description(
    'Breaks a running Muster in every way that is known, and compares afterwards what the work did with what the ledger says.',
  )
  .addHelpText(
    'after',
    `
The same seed gives the same schedule of tasks and faults. Exit code: 0 all promises kept, 1 something is wrong (each story is printed),
2 it could not be tried.

Protections for --break:
${protectionNames.map((name) => `  ${name.padEnd(22)} ${protections.find((each) => each.name === name)?.protects}`).join('\n')}
`,
  );

program
  .command('random', { isDefault: true })
  .description('a workload and random faults on one server and several agents, from a seed')
  .option('--seed <number>', 'of the schedule', wholeNumber, 1)
  .option('--minutes <number>', 'how long tasks and faults come; afterwards everything gets time to end', number, 2)
  .option('--agents <number>', 'the last one is taken away for good on the way', wholeNumber, 3)
  .addOption(
    new Option('--only <kinds>', 'kinds of faults, with commas').argParser(listOf(faultKinds)).default(faultKinds, 'all'),
  )
  .addOption(
    new Option('--except <kinds>', 'kinds of faults that are left out').argParser(listOf(faultKinds)).default([], 'none'),
  )
  .addOption(
    new Option('--at <instants>', 'named instants for kill-at').argParser(listOf(randomInstants)).default(randomInstants, 'all'),
  )
  .option('--all-stay', 'no agent is taken away for good, so that the end comes sooner')
  .addOption(
    new Option('--break <protections>', 'turns protections of the product off')
      .argParser(listOf(protectionNames))
      .default([], 'none'),
  )
  .option('--rate <number>', 'tasks per second', number, 10)
  .option('--every <seconds>', 'time between two faults, on average', number, 4)
  .option('--patience <seconds>', 'for everything to end after the last fault', number, 300)
  .option('--report <file>', 'appends the report as a Markdown table')
  .option('--json', 'prints the outcome as JSON')
  .option('--keep', 'keeps the folder with data, work and plugins')
  .action(async (options: RandomRunOptions) => {
    const leftOut = faultKinds.filter((kind) => !options.only.includes(kind) || options.except.includes(kind));
    if (leftOut.length > 0) console.error(`left out: ${leftOut.join(', ')}`);
    const outcome = await runFaults({
      seed: options.seed,
      seconds: options.minutes * 60,
      agents: Math.max(1, options.agents),
      only: options.only.filter((kind) => !options.except.includes(kind)),
      at: options.at,
      allStay: options.allStay === true,
      broken: options.break,
      keep: options.keep === true,
      perSecond: options.rate,
      faultEverySeconds: options.every,
      longestFaultMs: 60_000,
      patienceSeconds: options.patience,
      signal: interrupted.signal,
      say: (line) => console.error(line),
    });
    const command = `npm run faults -- ${process.argv.slice(2).join(' ')}`.trim();
    const report = reportOf(outcome, command);
    if (options.json) console.log(JSON.stringify({ ...outcome, command }, null, 1));
    else {
      for (const story of outcome.stories) console.log(`\n${story}`);
      const general = outcome.verdict.violations.filter(({ executionId }) => executionId === undefined);
      for (const { promise, what } of general.slice(0, 30)) console.log(`\nBROKEN ${promise}: ${what}`);
      console.log(`\n${command}\n${asText(report)}`);
    }
    if (options.report !== undefined) appendFileSync(options.report, asMarkdown(report));
    if (outcome.folder !== undefined) console.error(`Kept: ${outcome.folder}`);
    if (outcome.verdict.violations.length > 0) process.exitCode = 1;
  });

const scenarios: readonly (readonly [
  name: string,
  minutes: number,
  description: string,
  run: (options: ScenarioOptions) => Promise<ScenarioOutcome>,
])[] = [
  ['cut', 2, 'a task prints a numbered line every 10 ms while the link of its agent is cut', runCut],
  ['soak', 30, 'a steady load without faults: memory, open files and timers stay as they are', runSoak],
  ['migration', 0, 'the server is killed in the middle of a migration', runMigration],
];
for (const [name, minutes, description, run] of scenarios) {
  program
    .command(name)
    .description(description)
    .option('--minutes <number>', 'how long', number, minutes)
    .option('--report <file>', 'appends the report as a Markdown table')
    .option('--keep', 'keeps the folder')
    .action(async (options: { readonly minutes: number; readonly report?: string; readonly keep?: true }) => {
      const say = (line: string): void => console.error(line);
      const outcome = await run({ minutes: options.minutes, keep: options.keep === true, say, signal: interrupted.signal });
      const report = { title: `npm run faults -- ${process.argv.slice(2).join(' ')}`, rows: outcome.rows };
      console.log(asText(report));
      if (options.report !== undefined) appendFileSync(options.report, asMarkdown(report));
      if (!outcome.ok) process.exitCode = 1;
    });
}

try {
  await program.parseAsync();
} catch (error) {
  console.error(error);
  process.exitCode = 2;
}
