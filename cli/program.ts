import { Command, CommanderError, Help, type Option } from 'commander';
import manifest from '../package.json' with { type: 'json' };
import { addAgents } from './commands/agents.ts';
import { addArtifacts } from './commands/artifacts.ts';
import { addAudit } from './commands/audit.ts';
import { addBackup } from './commands/backup.ts';
import { addCancel } from './commands/cancel.ts';
import { addDoctor } from './commands/doctor.ts';
import { addExecutions } from './commands/executions.ts';
import { addJoinToken } from './commands/join-token.ts';
import { addLogs } from './commands/logs.ts';
import { addPlugins } from './commands/plugins.ts';
import { addProcesses } from './commands/processes.ts';
import { addRun } from './commands/run.ts';
import { addRuns } from './commands/runs.ts';
import { addSecrets } from './commands/secrets.ts';
import { addTasks } from './commands/tasks.ts';
import { addToken } from './commands/token.ts';
import { createPerform, exitCodes } from './context.ts';
import { addSharedOptions, sharedGroup } from './flags.ts';
import { misuseOf } from './misuse.ts';
import { paintFor } from './output/colours.ts';
import type { Surroundings } from './surroundings.ts';

/** @param args the words after `muster`; @returns the exit code */
export async function runCli(args: readonly string[], surroundings: Surroundings): Promise<number> {
  let exitCode: number = exitCodes.done;
  const program = createProgram(surroundings, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync([...args], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // help and version are no errors, but are thrown too
    if (error.exitCode === 0) return exitCodes.done;
    // the help of a bare `muster` or of a group is already written
    if (error.code !== 'commander.help') tellMisuse(error, program, args, surroundings);
    return exitCodes.notDone;
  }
}

function createProgram(surroundings: Surroundings, exit: (code: number) => void): Command {
  const { stdout, stderr } = surroundings;
  const perform = createPerform(surroundings, exit);
  const program = new Command('muster')
    .description(manifest.description)
    .version(manifest.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print help of a command')
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
      // told by runCli
      outputError: () => undefined,
      getOutHelpWidth: () => Math.min(stdout.columns, 120),
      getErrHelpWidth: () => Math.min(stderr.columns, 120),
      getOutHasColors: () => stdout.colours,
      getErrHasColors: () => stderr.colours,
    })
    .configureHelp({ styleTitle: (title) => paintFor(stdout)(title, 'bold'), groupItems: ownOptionsFirst });
  addSharedOptions(program);
  addProcesses(program, surroundings, exit);
  addRun(program, perform);
  addTasks(program, perform);
  addRuns(program, perform);
  addExecutions(program, perform);
  addLogs(program, perform);
  addArtifacts(program, perform);
  addCancel(program, perform);
  addAgents(program, perform);
  addPlugins(program, perform);
  addJoinToken(program, perform);
  addToken(program, perform);
  addSecrets(program, perform);
  addAudit(program, perform);
  addDoctor(program, perform);
  addBackup(program, surroundings, exit);
  return program;
}

/** What is special about a command stands before what every command has. */
function ownOptionsFirst<T extends Command | Option>(...args: Parameters<typeof Help.prototype.groupItems<T>>): Map<string, T[]> {
  const groups = Help.prototype.groupItems<T>(...args);
  const shared = groups.get(sharedGroup);
  if (shared === undefined) return groups;
  groups.delete(sharedGroup);
  return groups.set(sharedGroup, shared);
}

function tellMisuse(error: CommanderError, program: Command, args: readonly string[], { stderr }: Surroundings): void {
  const misuse = misuseOf(error, program, args);
  if (args.includes('--json')) stderr.write(`${JSON.stringify({ error: { code: 'usage', message: misuse.message } })}\n`);
  else stderr.write(`${paintFor(stderr)('muster:', 'red')} ${misuse.message}\n${misuse.remedy}\n`);
}
