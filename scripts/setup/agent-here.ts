import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { entries } from '../../cli/processes/entries.ts';
import { onInterrupt } from '../../cli/processes/interrupts.ts';
import { createLogView } from '../start/calm-log.ts';
import { type Child, startChild } from '../start/child.ts';
import type { ClientSetup } from './client-setup.ts';
import { SetupStop, setupCodes } from './setup-stop.ts';
import { spelled } from './spelling.ts';
import type { StatusLines } from './status-lines.ts';

export type AgentHere = { readonly setup: ClientSetup; readonly lines: StatusLines };

const onlineSeconds = 60;
/** on top of the ten seconds that it gives to running work */
const graceMs = 45_000;

/** Runs the agent of this folder until somebody ends it. @returns the exit code */
export async function runAgentHere({ setup, lines }: AgentHere): Promise<number> {
  const before = await statusOf(setup.dataDir, 0);
  if (before.exitCode === 0) {
    lines.ok(`Nothing to do: ${before.sentence}`);
    return 0;
  }
  // what an agent before this one has told of itself
  await rm(join(setup.dataDir, 'state.json'), { force: true });
  const over = new AbortController();
  const asked = Promise.withResolvers<'asked'>();
  const ignoreInterrupts = onInterrupt(() => asked.resolve('asked'));
  lines.doing('Starting the agent.');
  const agent = startAgent(setup, lines);
  const ended = agent.ended.then(() => 'ended' as const);
  try {
    const first = await Promise.race([statusOf(setup.dataDir, onlineSeconds, over.signal), ended, asked.promise]);
    if (first === 'asked') return 0;
    if (first === 'ended') return await tellEnd(agent, setup);
    if (first.exitCode !== 0) throw whyNotOnline(first);
    lines.ok(first.sentence);
    lines.text(`\nCtrl-C stops the agent. With ${spelled('service')} it would start with the host.\n`);
    const end = await Promise.race([ended, asked.promise]);
    return end === 'asked' ? 0 : await tellEnd(agent, setup);
  } finally {
    over.abort();
    await agent.stop();
    ignoreInterrupts();
  }
}

function startAgent({ serverUrl, name, tags, slots, ca, dataDir, token }: ClientSetup, lines: StatusLines): Child {
  const flags = { server: serverUrl, name, tags, slots, ca, dir: dataDir };
  const { MUSTER_JOIN_TOKEN: _, ...env } = process.env;
  return startChild({
    name: 'agent',
    entry: entries.agent,
    args: Object.entries(flags).flatMap(([flag, value]) => (value === undefined ? [] : [`--${flag}=${value}`])),
    env: token === undefined ? env : { ...env, MUSTER_JOIN_TOKEN: token },
    graceMs,
    ...createLogView({
      name: 'agent',
      everything: (env.MUSTER_LOG_LEVEL ?? '') !== '',
      out: lines.text,
      // its last words are told at its end
      err: (text) => {
        if (!text.startsWith('muster-agent: ')) lines.note(text.trim());
      },
    }),
  });
}

/** It still tries, unless it has ended because of something that a person has to do first. */
const whyNotOnline = ({ exitCode, sentence }: Status): SetupStop =>
  new SetupStop(exitCode, stillTries.has(exitCode) ? `The host was not Online within ${onlineSeconds} s: ${sentence}` : sentence);

const stillTries: ReadonlySet<number> = new Set([setupCodes.notReached, setupCodes.notUp]);

/** An agent that ends by itself has told why in its folder; one that could not write there has said it. */
async function tellEnd(agent: Child, { dataDir }: ClientSetup): Promise<never> {
  const { exitCode, sentence } = await statusOf(dataDir, 0);
  if (exitCode !== 0 && !stillTries.has(exitCode)) throw new SetupStop(exitCode, sentence);
  const notice = agent.lastNotice()?.replace(/^muster-agent: /, '') ?? 'It said nothing.';
  throw new SetupStop(setupCodes.notUp, `The agent ended: ${notice}`);
}

type Status = { readonly exitCode: number; readonly sentence: string };

/** What `muster-agent status` says of the agent of this folder; it waits for it. */
const statusOf = (dataDir: string, seconds: number, signal?: AbortSignal): Promise<Status> =>
  new Promise((resolve) => {
    const args = [entries.agent, 'status', '--dir', dataDir, '--wait', String(seconds)];
    execFile(process.execPath, args, { signal }, (error, stdout) =>
      resolve({ exitCode: error === null ? 0 : Number(error.code ?? setupCodes.notUp), sentence: stdout.trim() }),
    );
  });
