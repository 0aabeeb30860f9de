import { existsSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { MusterError, type Problem } from '../shared/errors.ts';
import { leaveText } from '../shared/protocol.ts';
import { openAgentPaths } from './agent-folder.ts';
import { loadOrMakeKey } from './identity/agent-key.ts';
import { type Identity, readIdentity } from './identity/identity-file.ts';
import { type Reply, serverRequest } from './link/server-request.ts';
import { trustAuthority } from './link/trust.ts';
import { readAgentSettings } from './settings.ts';

/**
 * `muster-agent leave --dir DIR`: tells the server that this host leaves, so that it is not shown as Offline for ever. For a host from which
 * the agent is removed, after it was stopped; nothing in the folder changes. The exit code is 0 when the server knows it, or there is nothing
 * to tell; 5 when the server cannot be reached; 1 when it refuses. Whoever removes an agent goes on in any case.
 */
export async function runLeave(args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  const { values: flags } = parseArgs({ args: [...args], options: { dir: { type: 'string' } } });
  try {
    const { values } = await readAgentSettings({ flags, env, cwd: process.cwd() });
    if (values.ca !== undefined) trustAuthority(values.ca);
    const { exitCode, sentence } = await leave(values.dir, values.proxy);
    process.stdout.write(`${sentence}\n`);
    process.exitCode = exitCode;
  } catch (error) {
    if (!(error instanceof MusterError)) throw error;
    process.stdout.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}

type End = { readonly exitCode: 0 | 1 | 5; readonly sentence: string };

/** The server may need a moment to see that the agent has stopped. */
const tries = 5;
const betweenMs = 1000;

async function leave(dir: string, proxy: string | undefined): Promise<End> {
  const folder = openAgentPaths(dir);
  const identity = readIdentity(folder.identity);
  if (identity === undefined || !existsSync(folder.key))
    return { exitCode: 0, sentence: 'This host has not joined a server: there is nothing to tell.' };
  const signature = loadOrMakeKey(folder.key).sign(leaveText(identity.agentId));
  for (let tried = 1; ; tried += 1) {
    const reply = await ask(identity, signature, proxy);
    if (reply?.status !== 409 || tried === tries) return endOf(reply, identity);
    await pause(betweenMs);
  }
}

async function ask({ serverUrl, agentId }: Identity, signature: string, proxy: string | undefined): Promise<Reply | undefined> {
  try {
    return await serverRequest(serverUrl, '/agent/v1/leave', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ agentId, signature }),
      maxBytes: 64 * 1024,
      timeoutMs: 5000,
      proxy,
    });
  } catch {
    return undefined;
  }
}

function endOf(reply: Reply | undefined, { serverUrl, name }: Identity): End {
  const byHand = `Remove the agent "${name}" there by hand.`;
  if (reply === undefined) return { exitCode: 5, sentence: `The server at ${serverUrl} cannot be reached. ${byHand}` };
  const { code, detail } = problemIn(reply);
  if (reply.status === 204) return { exitCode: 0, sentence: `The server at ${serverUrl} knows that this host left.` };
  if (code === 'agent_unknown') return { exitCode: 0, sentence: `The server at ${serverUrl} does not know this agent any more.` };
  return { exitCode: 1, sentence: `${detail ?? `The server answered with status ${reply.status}.`} ${byHand}` };
}

function problemIn(reply: Reply): Partial<Problem> {
  try {
    const problem: unknown = JSON.parse(reply.body.toString('utf8'));
    return typeof problem === 'object' && problem !== null ? (problem as Partial<Problem>) : {};
  } catch {
    return {};
  }
}
