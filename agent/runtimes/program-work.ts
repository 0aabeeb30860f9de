import { mkdirSync } from 'node:fs';
import type { Json } from '../../shared/json.ts';
import { logLine } from '../../shared/log-line.ts';
import { type Environment, jobEnvironment } from '../execution/environment.ts';
import type { ProgramExit } from '../execution/exit-sentence.ts';
import type { Job, JobSink } from '../execution/job.ts';
import { endOfProgram, endOfUnstartable, rejected, type WorkEnd } from '../execution/job-end.ts';
import { createLineReader, type MarkedLine } from '../execution/line-protocol.ts';
import { type ProgramCommand, startProgram } from '../execution/program.ts';
import { makeWorkspace } from '../execution/workspace.ts';
import type { RuntimeResources, Work } from './runtime.ts';

type PrintedResult = Extract<MarkedLine, { type: 'result' }>;

/** Linux takes at most 128 KiB in one variable. */
const maxArgsBytes = 120_000;

/**
 * Runs a job as a program that speaks the line protocol, in its workspace.
 * @param endOf how it ended, when more than its exit code and its printed result tell it
 */
export async function beginProgram(
  job: Job,
  sink: JobSink,
  { clock, tree, limits }: RuntimeResources,
  command: Omit<ProgramCommand, 'cwd'>,
  endOf: (exit: ProgramExit, printed: PrintedResult | undefined) => WorkEnd = endOfProgram,
): Promise<Work | WorkEnd> {
  let printed: PrintedResult | undefined;
  let isToldOfTwo = false;
  const lines = createLineReader({
    log: (text) => sink.output('out', text),
    marked(line) {
      if (line.type === 'log') sink.output('log', logLine(line.message, line.fields));
      else if (line.type === 'progress') sink.progress(line.fraction, line.text.slice(0, 1024));
      else {
        if (printed !== undefined && !isToldOfTwo) {
          isToldOfTwo = true;
          sink.output('log', '[muster] It printed more than one result; the last one counts.\n');
        }
        printed = line;
      }
    },
    malformed: (why) => sink.output('log', `[muster] A line that bears the mark was taken for log: ${why}.\n`),
  });
  const err = (text: string): void => {
    if (text !== '') sink.output('err', text);
  };
  const kept = limits.keep(job, sink);
  try {
    makeWorkspace(job.workspace);
    mkdirSync(job.artifacts, { recursive: true, mode: 0o700 });
    const program = await startProgram(
      { ...command, ...kept.command(command.file, command.args), cwd: job.workspace },
      tree.spawnOptions,
      { out: lines.read, err },
      sink,
      clock,
    );
    const mark = tree.markOf(program.pid, job);
    let exit: ProgramExit = { exitCode: null, signal: null };
    return {
      mark,
      ended: program.exited.then((how) => {
        exit = how;
      }),
      ask: () => void tree.ask({ mark, root: 'include' }),
      tree: () => ({ mark, root: 'include' }),
      async finish() {
        await program.drained();
        lines.end();
        return kept.end(endOf(exit, printed));
      },
      mayHaveWorkspace: () => true,
    };
  } catch (error) {
    return kept.end(endOfUnstartable(error, command.file));
  }
}

/**
 * Runs a job as a script or program that takes its action and arguments from the command line and the environment.
 * @param commandOf given its environment and its words of the command line
 */
export async function beginScript(
  job: Job,
  sink: JobSink,
  resources: RuntimeResources,
  commandOf: (env: Environment, words: readonly string[]) => Pick<ProgramCommand, 'file' | 'args' | 'verbatim'>,
): Promise<Work | WorkEnd> {
  const args = JSON.stringify(job.args);
  if (Buffer.byteLength(args) > maxArgsBytes) {
    return rejected(
      'args_invalid',
      `The arguments are ${args.length} characters of JSON; a program can be given ${maxArgsBytes} at most.`,
    );
  }
  const env = { ...jobEnvironment(resources.env, job), MUSTER_ARGS: args };
  return beginProgram(job, sink, resources, { ...commandOf(env, wordsOf(job)), env });
}

/** The action and each positional argument, as they stand on the command line: text as it is, all else as JSON. */
function wordsOf(job: Job): string[] {
  const positional = Array.isArray(job.args) ? job.args : isScalar(job.args) ? [job.args] : [];
  return [job.action, ...positional.map((item) => (typeof item === 'string' ? item : JSON.stringify(item)))];
}

const isScalar = (value: Json): boolean => value !== null && typeof value !== 'object';
