import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { inspect } from 'node:util';
import type { Json } from '../../shared/json.ts';
import type { PluginContext } from '../../shared/plugin-api.ts';
import { type Environment, mergeEnvironments } from '../execution/environment.ts';
import { countOf, listOf } from '../execution/process-names.ts';
import { type RunnerEnd, type RunnerJob, type SendToAgent, sendToAgent, type ToRunner, writeFences } from './node-channel.ts';
import { watchForChildren } from './node-children.ts';
import { createContext } from './node-context.ts';
import { importAction } from './node-module.ts';
import { redirectOutput } from './node-output.ts';
import { placeOfSyntaxError } from './syntax-place.ts';
import { createUserFolders } from './user-folders.ts';

/** The agent refuses large data with a sentence; what is far larger is not even sent to it. */
const maxReturnedLength = 4 * 1024 * 1024;

/**
 * The main of a runner process: the internal subcommand `node-runner` of the agent. It runs the functions of one plugin, one at a time,
 * for as long as the agent wants.
 */
export function runNodeRunner(): void {
  const base = { ...process.env } as Environment;
  const home = tmpdir();
  const children = watchForChildren();
  redirectOutput(sendToAgent);
  let current: AbortController | undefined;
  /** of the current job */
  let workspaceIsMade = false;

  async function servePlugin(job: RunnerJob): Promise<void> {
    const abort = new AbortController();
    current = abort;
    workspaceIsMade = false;
    children.forget();
    Object.assign(process.env, job.env);
    // what is said through a context that was kept must not turn up in the next execution
    const send: SendToAgent = (message) => {
      if (current === abort) sendToAgent(message);
    };
    const makeWorkspace = (): void => {
      if (workspaceIsMade && current === abort) return;
      mkdirSync(job.workspace, { recursive: true, mode: 0o700 });
      workspaceIsMade = true;
    };
    const userFolders = createUserFolders(job);
    const environment = mergeEnvironments(base, job.env);
    const answer = await callPluginFunction(
      job,
      createContext(job, environment, abort.signal, send, makeWorkspace, userFolders),
    ).finally(userFolders.remove);
    const left = await children.endLeft();
    if (left.length > 0 && !abort.signal.aborted)
      send(['log', `[muster] Ended ${countOf(left)} left behind in the background: ${listOf(left)}.\n`]);
    if (current !== abort) return; // an error outside of the function was its end
    restoreProcess(job.env);
    const leavesTimers = process.getActiveResourcesInfo().includes('Timeout');
    end(answer.end, answer.imported && !leavesTimers);
  }

  function restoreProcess(changed: Environment): void {
    for (const name of Object.keys(changed)) {
      if (base[name] === undefined) delete process.env[name];
      else process.env[name] = base[name];
    }
    process.exitCode = undefined;
    if (process.cwd() !== home) process.chdir(home);
  }

  function end(how: RunnerEnd, reusable: boolean): void {
    current = undefined;
    const spawned = children.wereStarted();
    if (spawned) writeFences();
    sendToAgent(['end', how, { spawned, workspace: workspaceIsMade, reusable }]);
  }

  process.chdir(home);
  process.on('message', (message: ToRunner) => {
    if (message.type === 'run') void servePlugin(message.job);
    else current?.abort(new Error('The execution is being stopped.'));
  });
  process.on('uncaughtException', (error, origin) => {
    if (current !== undefined) {
      const what =
        origin === 'unhandledRejection'
          ? 'A promise was rejected and nobody caught it'
          : 'An error was thrown and nobody caught it';
      sendToAgent(['err', `${traceOf(error)}\n`]);
      end({ how: 'raised', message: `${what}: ${sentenceOf(error)}` }, false);
    }
    process.exit(1);
  });
  process.on('exit', (code) => {
    if (current === undefined) return;
    end({ how: 'raised', message: `The plugin called process.exit(${code}) instead of returning a result.` }, false);
  });
  process.on('disconnect', endWithAgent);
  // libraries take it for the sign that they were forked by a program of their own kind
  process.send = undefined;
}

async function callPluginFunction(job: RunnerJob, context: PluginContext): Promise<{ end: RunnerEnd; imported: boolean }> {
  let imported = false;
  try {
    const action = await importAction(job.entry, job.action);
    imported = true;
    if (action === undefined) return { end: raised(`The plugin exports no function ${job.action}.`), imported };
    const value: unknown = await action(job.args as never, context);
    return { end: endOf(value), imported };
  } catch (error) {
    const place = error instanceof SyntaxError && !imported ? placeOfSyntaxError(job.entry, error) : undefined;
    const where = place === undefined ? '' : ` (${place})`;
    sendToAgent(['err', `${traceOf(error)}${where === '' ? '' : `\n    at ${place}`}\n`]);
    return { end: raised(`${sentenceOf(error)}${where}`), imported };
  }
}

function endOf(value: unknown): RunnerEnd {
  let text: string | undefined;
  try {
    text = JSON.stringify(value ?? null);
  } catch (error) {
    return raised(`The function returned what cannot be written as JSON: ${sentenceOf(error).split('\n')[0]}`);
  }
  if (text === undefined) return raised(`The function returned what cannot be written as JSON: a ${typeof value}.`);
  if (text.length > maxReturnedLength)
    return raised(`The function returned ${text.length} characters of JSON: write so much to the log or a file.`);
  return { how: 'returned', value: JSON.parse(text) as Json };
}

const raised = (message: string): RunnerEnd => ({ how: 'raised', message });

function sentenceOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error === 'string' ? error : inspect(error);
  return error.name === 'Error' ? error.message : `${error.name}: ${error.message}`;
}

/** The stack as far as it is the plugin's own. */
const traceOf = (error: unknown): string =>
  inspect(error)
    .split('\n')
    .filter((line) => !/^\s+at .*(callPluginFunction|servePlugin|node:internal\/)/.test(line))
    .join('\n');

/** The agent is gone, and an agent that comes back counts its running work as lost: nothing may go on unseen. */
function endWithAgent(): void {
  try {
    process.kill(-process.pid, 'SIGKILL');
  } catch {
    process.exit(1); // not the leader of a group: Windows
  }
}
