import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { openAgentPaths } from './agent-folder.ts';
import { isAlive } from './process-start.ts';
import { type AgentState, readState } from './state-file.ts';

/**
 * `muster-agent status --dir DIR [--wait SECONDS]`: says in a sentence how the agent of this folder is, and by its exit code, which is that of
 * the installers, so that they pass it on (docs/install.md). With `--wait` it waits until the agent is online or has ended.
 */
export async function runStatus(args: readonly string[]): Promise<void> {
  const options = { dir: { type: 'string' }, wait: { type: 'string' } } as const;
  const { values } = parseArgs({ args: [...args], options });
  const { state: file } = openAgentPaths(resolve(values.dir ?? process.env.MUSTER_AGENT_DIR ?? './data/agent'));
  const end = performance.now() + Number(values.wait ?? 0) * 1000;
  let state = readState(file);
  while (!isSettled(state) && performance.now() < end) {
    await pause(lookEveryMs);
    state = readState(file);
  }
  const { exitCode, sentence } = verdict(state, state !== undefined && isAlive(state.pid));
  process.stdout.write(`${sentence}\n`);
  process.exitCode = exitCode;
}

const lookEveryMs = 100;

const isSettled = (state: AgentState | undefined): boolean =>
  state?.state === 'ended' || (state?.state === 'online' && isAlive(state.pid));

export type Verdict = { readonly exitCode: number; readonly sentence: string };

/** The exit codes are those of docs/install.md. */
export function verdict(state: AgentState | undefined, isRunning: boolean): Verdict {
  if (state === undefined) return { exitCode: 10, sentence: 'No agent has started in this folder.' };
  const { name, server, version, why } = state;
  if (state.state === 'ended') return { exitCode: codes[state.code ?? ''] ?? 10, sentence: why ?? 'The agent was stopped.' };
  if (!isRunning) return { exitCode: 10, sentence: 'The agent does not run.' };
  if (state.state === 'online') return { exitCode: 0, sentence: `${name} is Online at ${server} (agent ${version}).` };
  if (state.state === 'waiting') return { exitCode: 5, sentence: why ?? 'The agent waits for its server.' };
  return { exitCode: 10, sentence: 'The agent is starting.' };
}

/** By the code of the error that ended the agent. */
const codes: Readonly<Record<string, number>> = {
  server_unreachable: 5,
  signature_invalid: 6,
  disk_full: 7,
  join_token_invalid: 8,
  name_taken: 9,
  agent_revoked: 12,
  agent_unknown: 12,
  state_conflict: 12,
  field_invalid: 2,
  field_missing: 2,
  field_unknown: 2,
};
