import { type ChildProcess, spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import type { Readable } from 'node:stream';
import type { Logger } from 'pino';
import * as z from 'zod';
import { exitSentence, type ProgramExit } from '../execution/exit-sentence.ts';
import type { Job, JobSink } from '../execution/job.ts';
import { endOfError, endOfValue, type WorkEnd } from '../execution/job-end.ts';
import { cleanText } from '../execution/output-text.ts';
import { type Pipe, readPipes } from '../execution/pipes.ts';
import { createFenceReader } from './fence-reader.ts';
import { createLineSplitter } from './json-lines.ts';
import type { FromRunner, RunnerAfter, RunnerEnd, RunnerJob, ToRunner } from './node-channel.ts';
import type { RuntimeResources, Work } from './runtime.ts';
import { removeLeftUserFolders } from './user-folders.ts';

/** One runner process as the agent sees it. It serves one job at a time. */
export type Runner = {
  readonly sha256: string;
  /** settles when the process is gone, at any time and for whatever reason */
  readonly exited: Promise<ProgramExit>;
  /** @param job what the runner is sent of it; `released` is called when the runner can take another job */
  serve(job: Job, sent: RunnerJob, sink: JobSink, released: () => void): Work;
  /** Ends the process at once; it must not be serving. */
  end(): void;
};

type Serving = { readonly sink: JobSink; readonly ended: (told: Told) => void; fencesAhead: number; readonly fenced: () => void };
/** How a job's function ended, as the runner told it; without it the runner died. */
type Told = { readonly end: RunnerEnd; readonly after: RunnerAfter } | undefined;

const runnerMessage = z.union([
  z.tuple([z.enum(['out', 'err', 'log']), z.string()]),
  z.tuple([z.literal('progress'), z.number().min(0).max(1), z.string()]),
  z.tuple([
    z.literal('end'),
    z.union([
      z.object({ how: z.literal('returned'), value: z.unknown() }),
      z.object({ how: z.literal('raised'), message: z.string() }),
    ]),
    z.object({ spawned: z.boolean(), workspace: z.boolean(), reusable: z.boolean() }),
  ]),
]);

/** @throws when the process cannot be started */
export async function startRunner(
  sha256: string,
  command: { readonly file: string; readonly args: readonly string[] },
  { clock, tree, env, log }: RuntimeResources & { readonly log: Logger },
): Promise<Runner> {
  const child = spawn(command.file, command.args, {
    ...tree.spawnOptions,
    cwd: tmpdir(),
    env,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'ipc'],
    serialization: 'json',
  });
  const pid = await pidOf(child);
  let serving: Serving | undefined;
  let exit: ProgramExit | undefined;

  const [, out, err, channel] = child.stdio as unknown as [null, Readable, Readable, Readable];
  const gate = {
    isFull: () => serving?.sink.isFull() === true,
    onDrain: (resume: () => void) => (serving === undefined ? resume() : serving.sink.onDrain(resume)),
  };
  const pipes = readPipes([rawOutput(out, 'out'), rawOutput(err, 'err'), messages(channel)], gate, clock);
  const exited = new Promise<ProgramExit>((resolve) => {
    child.once('exit', (exitCode, signal) => {
      exit = { exitCode, signal };
      resolve(exit);
    });
  });
  // what it said before it died is still in the channel, which nobody else holds
  const silent = new Promise<void>((resolve) => channel.once('close', resolve));
  void Promise.all([exited, silent]).then(() => serving?.ended(undefined));

  function rawOutput(stream: Readable, name: 'out' | 'err'): Pipe {
    const reader = createFenceReader(
      (text) => serving?.sink.output(name, text),
      () => {
        if (serving === undefined) return;
        serving.fencesAhead -= 1;
        if (serving.fencesAhead === 0) serving.fenced();
      },
    );
    return { stream, read: reader.read, end: () => {} };
  }

  function messages(stream: Readable): Pipe {
    const read = createLineSplitter((lines) => {
      for (const message of joinOutput(lines.flatMap(parseMessage))) {
        if (serving === undefined) log.debug({ pid, message: message[0] }, 'runner_spoke_after_job');
        else if (message[0] === 'end') serving.ended({ end: message[1], after: message[2] });
        else if (message[0] === 'progress') serving.sink.progress(message[1], cleanText(message[2]));
        else serving.sink.output(message[0], cleanText(message[1]));
      }
    });
    return { stream, read, end: () => {} };
  }

  function send(message: ToRunner): void {
    // when it cannot be sent, the runner is gone, which its exit tells
    if (child.connected) child.send(message, () => {});
  }

  return {
    sha256,
    exited,
    end: () => void child.kill('SIGKILL'),
    serve(job, sent, sink, released) {
      const mark = tree.markOf(pid, job);
      let told: Told;
      let fenced = (): void => {};
      const fences = new Promise<void>((resolve) => {
        fenced = resolve;
      });
      const ended = new Promise<void>((resolve) => {
        const ended = (how: Told): void => {
          told ??= how;
          resolve();
        };
        serving = { sink, fencesAhead: 2, fenced, ended };
      });
      if (exit !== undefined) serving?.ended(undefined);
      send({ type: 'run', job: sent });
      return {
        mark,
        ended,
        ask() {
          send({ type: 'stop' });
          void tree.ask({ mark, root: 'spare' });
        },
        tree: () => (told === undefined || told.after.spawned ? { mark, root: 'spare' } : undefined),
        async finish() {
          if (told === undefined) removeLeftUserFolders(job);
          if (told === undefined) await pipes.drained();
          else if (told.after.spawned) await Promise.race([fences, exited.then(pipes.drained)]);
          await pipes.flowing();
          serving = undefined;
          if (told?.after.reusable === true && exit === undefined) released();
          else child.kill('SIGKILL');
          return endOfTold(told, exit);
        },
        mayHaveWorkspace: () => told === undefined || told.after.workspace || told.after.spawned,
      };
    },
  };
}

function endOfTold(told: Told, exit: ProgramExit | undefined): WorkEnd {
  if (told === undefined) {
    const how = exitSentence(exit ?? { exitCode: null, signal: null }).replace('The program', "The plugin's process");
    return endOfError(`${how} The function had not returned.`, exit?.exitCode ?? null);
  }
  return told.end.how === 'returned' ? endOfValue(told.end.value) : endOfError(told.end.message);
}

/** A plugin could write to the channel itself; what is no message is passed over. */
function parseMessage(line: string): FromRunner[] {
  try {
    return [runnerMessage.parse(JSON.parse(line)) as FromRunner];
  } catch {
    return [];
  }
}

/** A thousand printed lines that arrive together are one piece of output. */
function joinOutput(messages: readonly FromRunner[]): FromRunner[] {
  const joined: FromRunner[] = [];
  for (const message of messages) {
    const last = joined.at(-1);
    if (last !== undefined && last[0] === message[0] && isOutput(last) && isOutput(message)) {
      joined[joined.length - 1] = [last[0], last[1] + message[1]];
    } else {
      joined.push(message);
    }
  }
  return joined;
}

const isOutput = (message: FromRunner): message is readonly ['out' | 'err' | 'log', string] =>
  message[0] === 'out' || message[0] === 'err' || message[0] === 'log';

async function pidOf(child: ChildProcess): Promise<number> {
  if (child.pid === undefined) {
    return new Promise((_, reject) => {
      child.once('error', reject);
    });
  }
  child.on('error', () => {}); // a message that could not be sent: the exit tells
  return child.pid;
}
