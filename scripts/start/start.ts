import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Client, createClient } from '../../cli/client.ts';
import { onInterrupt } from '../../cli/processes/interrupts.ts';
import type { ServerReady } from '../../cli/processes/server-ready.ts';
import manifest from '../../package.json' with { type: 'json' };
import { MusterError } from '../../shared/errors.ts';
import type { Child } from './child.ts';
import { greeting } from './greeting.ts';
import { admitLocalAgent, onlineAgent } from './local-agent.ts';
import { startAgent, startServer } from './processes.ts';
import { readStartSettings, type StartSettings, startHelp } from './start-settings.ts';
import type { Terminal } from './terminal.ts';

export type StartOptions = Terminal & { readonly args: readonly string[]; readonly env: NodeJS.ProcessEnv };

/** of the agent's exit code: the server does not want it any more, and only a person can change that */
const unwanted = 78;
const interrupted = 130;

/** @returns the exit code, when all has ended */
export async function start(options: StartOptions): Promise<number> {
  const { err } = options;
  if (options.args.some((arg) => arg === '--help' || arg === '-h')) {
    options.out(startHelp());
    return 0;
  }
  /** the agent before the server, so that results of work that it ends still arrive */
  const children: Child[] = [];
  const asked = Promise.withResolvers<never>();
  // it may come when nobody waits for it any more
  asked.promise.catch(() => undefined);
  let interrupts = 0;
  const ignoreInterrupts = onInterrupt(() => {
    interrupts += 1;
    if (interrupts === 1) {
      if (children.length > 0) err('\nStopping… (Ctrl-C again ends everything at once)\n');
      asked.reject(new Over(0));
    } else {
      for (const child of children) child.kill();
    }
  });
  let exitCode = 0;
  try {
    const settings = await readStartSettings(options.args, options.env, options.cwd);
    await run({ settings, options, children, asked: asked.promise });
  } catch (error) {
    exitCode = error instanceof Over ? error.exitCode : 1;
    if (!(error instanceof Over)) err(`muster: ${error instanceof MusterError ? error.message : (error as Error).stack}\n`);
  }
  for (const child of children) await child.stop();
  ignoreInterrupts();
  return interrupts > 1 ? interrupted : exitCode;
}

/** Everything is to end: somebody asked for it, or one of the processes did. */
class Over extends Error {
  readonly exitCode: number;
  constructor(exitCode: number) {
    super('over');
    this.exitCode = exitCode;
  }
}

type Stage = {
  readonly settings: StartSettings;
  readonly options: StartOptions;
  readonly children: Child[];
  /** rejects when somebody asks for the end */
  readonly asked: Promise<never>;
};

/** Never returns: it throws `Over`, or what went wrong. */
async function run({ settings, options, children, asked }: Stage): Promise<never> {
  const { server, ready } = startServer(settings, options);
  children.push(server);
  const serverGone = overWhenEnded(server, options);
  const up = await Promise.race([ready, serverGone, asked]);

  const dir = join(settings.server.dataDir, 'local-agent');
  const client = clientFor(up, settings);
  const admission = await Promise.race([admitLocalAgent(client, dir, settings.agentName), serverGone, asked]);
  if (admission.kind === 'refused') {
    options.err(`muster: ${admission.why}\n`);
    greet(up, undefined, settings, options);
    return await Promise.race([serverGone, asked]);
  }
  if (admission.kind === 'joins' && admission.renamedFrom !== undefined)
    tellRenamed(admission.renamedFrom, admission.name, options);

  const joinToken = admission.kind === 'joins' ? admission.joinToken : undefined;
  const agent = startAgent(settings, options, { url: client.server, dir, joinToken });
  children.unshift(agent);
  const agentGone = overWhenEnded(agent, options);
  const { name } = await Promise.race([untilOnline(client, dir, options, agent), agentGone, serverGone, asked]);
  greet(up, name, settings, options);

  await Promise.race([leftAlone(agent, options), agentGone, serverGone, asked]);
  return await Promise.race([serverGone, asked]);
}

/** Rejects when a process ends that should not have, after telling of it. */
async function overWhenEnded(child: Child, { err }: Terminal): Promise<never> {
  const { code, signal } = await child.ended;
  if (child.isStopping()) return await new Promise(() => undefined);
  if (child.name === 'agent' && code === unwanted) return await new Promise(() => undefined);
  // a program that refuses to start says why in one sentence, and nothing is to be added
  if (!child.lastNotice()?.startsWith('muster')) {
    const words = child.lastLines().map((line) => `  ${line}\n`);
    const how = signal === null ? `with code ${code}` : `by ${signal}`;
    err(`muster: The ${child.name} ended ${how}.${words.length === 0 ? '' : ' Its last words:'}\n${words.join('')}`);
  }
  throw new Over(1);
}

/** Settles when the server does not want the agent any more. */
async function leftAlone(agent: Child, { err }: Terminal): Promise<void> {
  const { code } = await agent.ended;
  if (code !== unwanted) await new Promise(() => undefined);
  err('muster: The server goes on without an agent on this host.\n');
}

function clientFor({ url, tokenFile }: ServerReady, { server }: StartSettings): Client {
  const token = tokenFile === null ? server.adminToken?.reveal() : readFileSync(tokenFile, 'utf8').trim();
  // the name that a certificate was made for is hardly 127.0.0.1
  const address = server.tlsCert === undefined ? ownUrl(url) : (server.publicUrl ?? ownUrl(url));
  return createClient({ server: address, token, newKey: randomUUID, pause: (ms) => pause(ms) });
}

/** Nobody can connect to "every address". */
function ownUrl(text: string): string {
  const url = new URL(text);
  if (url.hostname === '0.0.0.0') url.hostname = '127.0.0.1';
  if (url.hostname === '[::]') url.hostname = '[::1]';
  return url.href.replace(/\/$/, '');
}

const pollMs = 100;
const looksBeforeTelling = 150;

async function untilOnline(client: Client, dir: string, { err }: Terminal, agent: Child): Promise<{ readonly name: string }> {
  let gone = false;
  void agent.ended.then(() => {
    gone = true;
  });
  for (let look = 1; !gone; look += 1) {
    const found = await onlineAgent(client, dir);
    if (found !== undefined) return found;
    if (look === looksBeforeTelling) err('muster: The server is up; its agent on this host has not come Online yet.\n');
    await pause(pollMs);
  }
  throw new Over(1);
}

function greet(up: ServerReady, agentName: string | undefined, { server }: StartSettings, { out, cwd }: Terminal): void {
  const url = ownUrl(up.url);
  const signInUrl = up.signInUrl.replace(up.url, url);
  out(greeting({ version: manifest.version, url, signInUrl, tokenFile: up.tokenFile, agentName, dataDir: server.dataDir, cwd }));
}

const tellRenamed = (from: string, to: string, { err }: Terminal): void =>
  err(`muster: Another agent is called "${from}" already, so that of this host gets the name "${to}".\n`);
