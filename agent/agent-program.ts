import { flushCompileCache } from 'node:module';
import { parseArgs } from 'node:util';
import * as z from 'zod';
import { MusterError } from '../shared/errors.ts';
import { flagOf } from '../shared/settings.ts';
import { agentSettings } from '../shared/settings-agent.ts';
import { trustAuthority } from './link/trust.ts';
import { startAgent } from './main.ts';
import { readAgentSettings } from './settings.ts';
import { collectGarbage } from './spare-memory.ts';

/** How the starter has this process use memory: nothing for what it starts in its turn. */
const ofStarter = ['MALLOC_ARENA_MAX', 'MALLOC_TRIM_THRESHOLD_', 'MALLOC_MMAP_THRESHOLD_'];

/** An exit code that tells a service manager not to start the agent again: somebody must do something first. */
const exitCodeForPerson = 78;

/**
 * The life of the agent as a process of its own: starts it, stops it on a signal, and sets the exit code. A second signal ends it at once;
 * what was running is then settled at its next start.
 */
export async function runAgentProgram(args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  for (const name of ofStarter) delete process.env[name];
  // what it would generate for speed is code in memory, and interpreted here: see muster-agent.ts
  z.config({ jitless: true });
  const interrupted = new AbortController();
  const onSignal = (): void => {
    if (interrupted.signal.aborted) process.exit(130);
    interrupted.abort();
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, onSignal);
  try {
    const { values, warnings } = await readAgentSettings({ flags: flagsIn(args), env, cwd: process.cwd() });
    for (const warning of warnings) process.stderr.write(`muster-agent: ${warning}\n`);
    if (values.ca !== undefined) trustAuthority(values.ca);
    const agent = await startAgent(values, { signal: interrupted.signal, collectGarbage });
    // an agent is more often killed than it ends, and would leave nothing for its next start
    flushCompileCache();
    if (interrupted.signal.aborted) await agent.stop();
    else interrupted.signal.addEventListener('abort', () => void agent.stop());
    const end = await agent.ended;
    if (end.kind === 'unwanted') fail(end.why);
  } catch (error) {
    if (!(error instanceof MusterError)) throw error;
    if (!interrupted.signal.aborted) fail(error.message);
  }
  process.exit();
}

/** `--server-url x` and the like, by the keys of the settings. */
function flagsIn(args: readonly string[]): Record<string, string> {
  const keys = new Map(Object.keys(agentSettings).map((key) => [flagOf(key).slice(2), key]));
  const options = Object.fromEntries([...keys.keys()].map((flag) => [flag, { type: 'string' as const }]));
  try {
    const { values } = parseArgs({ args: [...args], options, allowPositionals: false });
    return Object.fromEntries(Object.entries(values).map(([flag, value]) => [keys.get(flag) ?? flag, String(value)]));
  } catch (cause) {
    throw new MusterError(
      'field_unknown',
      `${(cause as Error).message} Known are ${[...keys.keys()].map((flag) => `--${flag}`).join(', ')}.`,
      { cause },
    );
  }
}

function fail(message: string): void {
  process.stderr.write(`muster-agent: ${message}\n`);
  process.exitCode = exitCodeForPerson;
}
