import { type ChildProcess, spawn } from 'node:child_process';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { selfCommand } from '../self-command.ts';
import { channelFile, type FromHelper, type ToHelper } from './as-user.ts';

/**
 * Starts a program as another user: the agent's own program once more (`as-user`), which becomes that user and then that program, with the
 * same pid. Node's own `uid` and `gid` would leave the user without the further groups.
 * @returns the process, and why it did not become the program
 */
export function spawnAsUser(command: ToHelper, stdin: 'ignore' | 'pipe'): [ChildProcess, refused: Promise<Error | undefined>] {
  const self = selfCommand('as-user');
  const child = spawn(self.file, self.args, {
    cwd: '/',
    // its marks, by which it is found as one of ours; what else the task sets is for the program alone, and never for a process of root
    env: marksIn(command.env),
    stdio: [stdin, 'pipe', 'pipe', 'pipe'],
  });
  const channel = child.stdio[channelFile] as Duplex;
  channel.on('error', () => {}); // it is gone: its exit tells
  channel.write(`${JSON.stringify(command)}\n`);
  return [child, refusalIn(channel)];
}

/** Becoming the program closes the channel; what was said before is a refusal. */
async function refusalIn(channel: Duplex): Promise<Error | undefined> {
  const said = await text(channel).catch(() => '');
  if (said === '') return undefined;
  const { message, code } = JSON.parse(said) as FromHelper;
  return Object.assign(new Error(message), code === undefined ? {} : { code });
}

const marksIn = (env: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(env).filter(([name]) => name === 'PATH' || name.startsWith('MUSTER_')));
