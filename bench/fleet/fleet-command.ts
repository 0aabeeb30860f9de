/**
 * `npm run bench -- fleet SCENARIO`: a real server and up to ten thousand simulated agents that speak the real protocol. Each scenario prints
 * a table with the median and the spread of its runs, proves in the database that nothing was lost, and leaves nothing behind.
 */
import { Command, InvalidArgumentError, Option } from 'commander';
import { createCleanups } from '../cleanups.ts';
import { machineLine } from '../machine.ts';
import { driftSentence } from '../steadiness.ts';
import { work } from './agents/work.ts';
import { isMet, measuresTable, medianOf } from './measures.ts';
import { runScenario, type ScenarioMeasured } from './run-scenario.ts';
import type { Scenario } from './scenario.ts';
import { scenarios } from './scenarios.ts';
import type { FleetBenchSettings } from './settings.ts';

export async function fleetCommand(args: readonly string[]): Promise<void> {
  const program = new Command('npm run bench -- fleet').description('Measures a server with a simulated fleet.');
  for (const scenario of scenarios) program.addCommand(commandOf(scenario));
  await program.parseAsync([...args], { from: 'user' });
}

type Options = {
  readonly agents?: number[];
  readonly runs: number;
  readonly tls: boolean;
  readonly processes: number;
  readonly slots: number;
  readonly runMs: number;
  readonly resultBytes: number;
  readonly failureShare: number;
  readonly logBytes: number;
  readonly logRate: number;
  readonly churn: number;
  readonly tasks: number;
  readonly seconds?: number;
  readonly history: number[];
  readonly keepHistory?: string;
  readonly profile?: string;
  readonly rivals: boolean;
  readonly json?: boolean;
};

const commandOf = (scenario: Scenario): Command =>
  new Command(scenario.name)
    .description(scenario.summary)
    .addOption(counts('--agents <N[,N]>', `how many, one after the other (default: ${scenario.agents.join(', ')})`))
    .addOption(count('--runs <N>', 'how often each thing is measured').default(5))
    .option('--no-tls', 'without TLS')
    .addOption(count('--processes <N>', 'that the agents share').default(1))
    .addOption(count('--slots <N>', 'of each agent').default(10))
    .addOption(number('--run-ms <MS>', 'how long an execution takes').default(0))
    .addOption(number('--result-bytes <N>', 'data in a result').default(0))
    .addOption(number('--failure-share <0..1>', 'of the executions that fail').default(0))
    .addOption(number('--log-bytes <N>', 'that an execution prints').default(0))
    .addOption(number('--log-rate <N>', 'bytes a second that it prints; 0: at once').default(0))
    .addOption(number('--churn <0..1>', 'share of the agents that loses its connection in a minute').default(0))
    .addOption(count('--tasks <N>', 'of one run of `throughput`').default(20_000))
    .addOption(count('--seconds <N>', 'length of one run, of scenarios that go on for a time'))
    .addOption(
      numbers('--history <N[,N]>', 'executions that the ledger holds, for `history`').default([0, 1_000_000, 10_000_000]),
    )
    .option('--keep-history <FOLDER>', 'where ledgers with history are kept, to be taken from there the next time')
    .option('--profile <FOLDER>', 'a processor profile of each server, for Chromium; the numbers are not to be believed then')
    .option('--no-rivals', 'without what others would use instead')
    .option('--json', 'for programs')
    .action((options: Options) => measured(scenario, options));

async function measured(scenario: Scenario, { json, ...options }: Options): Promise<void> {
  const cleanups = createCleanups();
  let interrupted = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      interrupted = true;
      const exit = (): never => process.exit(signal === 'SIGINT' ? 130 : 143);
      cleanups.run().then(exit, exit);
    });
  }
  try {
    const say = (line: string): void => void process.stderr.write(`${line}\n`);
    const answer = await runScenario(scenario, settingsOf(options), { cleanups, say });
    console.log(json === true ? jsonOf(answer) : textOf(answer));
  } catch (error) {
    // what was measured just then fails, because its processes are being ended
    if (!interrupted) throw error;
  } finally {
    if (!interrupted) await cleanups.run();
  }
}

function settingsOf({
  runMs,
  resultBytes,
  failureShare,
  logBytes,
  logRate,
  agents,
  seconds,
  profile,
  keepHistory,
  ...rest
}: Options): FleetBenchSettings {
  return {
    ...rest,
    agents,
    seconds,
    profile,
    keepHistory,
    work: work.parse({ runMs, resultBytes, failureShare, logBytes, logBytesPerSecond: logRate }),
  };
}

function textOf({ measures, floors, notes, drift }: ScenarioMeasured): string {
  return [measuresTable([...measures, ...floors]), machineLine(), [...notes, driftSentence(drift) ?? ''].join('\n')]
    .join('\n\n')
    .trimEnd();
}

function jsonOf({ measures, floors, ...rest }: ScenarioMeasured): string {
  const judged = (all: typeof measures) =>
    all.map((measure) => ({ ...measure, median: medianOf(measure.values), met: isMet(measure) }));
  return JSON.stringify({ machine: machineLine(), ...rest, measures: judged(measures), floors: judged(floors) }, null, 2);
}

/** Of what there must be at least one. */
const count = (flags: string, help: string): Option => new Option(flags, help).argParser(countOf);
const counts = (flags: string, help: string): Option =>
  new Option(flags, help).argParser((text: string) => text.split(',').map(countOf));
const number = (flags: string, help: string): Option => new Option(flags, help).argParser(numberOf);
const numbers = (flags: string, help: string): Option =>
  new Option(flags, help).argParser((text: string) => text.split(',').map(numberOf));

function countOf(text: string): number {
  const value = numberOf(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('Give a whole number from 1 on.');
  return value;
}

function numberOf(text: string): number {
  const value = Number(text.replaceAll('_', ''));
  if (text.trim() === '' || !Number.isFinite(value) || value < 0) throw new InvalidArgumentError('Give a number, such as 1000.');
  return value;
}
