import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Json } from '../../shared/json.ts';
import { type FromTrial, fromTrial, type TrialEnd, type TrialOrder } from '../../shared/plugin-trial.ts';
import { entries, nodeFlags } from '../processes/entries.ts';
import type { Surroundings } from '../surroundings.ts';
import type { PluginHere } from './plugin-here.ts';

export type Trial = {
  readonly action: string;
  readonly args: Json;
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
  /** what it says while it runs */
  readonly onMessage: (message: Exclude<FromTrial, ['end', TrialEnd]>) => void | Promise<void>;
};

const graceSeconds = 10;

/** Runs an action of a plugin on this host, as an agent would: a process of the agent's program does it. Ctrl-C stops it; once more, at once. */
export async function tryPlugin(
  { manifest, sha256, bundleDir, folder }: PluginHere,
  { action, args, env, timeoutSeconds, onMessage }: Trial,
  { env: ownEnv, onInterrupt }: Pick<Surroundings, 'env' | 'onInterrupt'>,
): Promise<TrialEnd> {
  const child = spawn(process.execPath, [...nodeFlags, entries.agent, 'plugin-trial'], {
    env: ownEnv as NodeJS.ProcessEnv,
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const gone = once(child, 'close');
  const order: TrialOrder = {
    type: 'order',
    bundleDir,
    manifest,
    sha256,
    action,
    args,
    env: { ...env },
    workspace: `${folder}/workspace`,
    artifacts: artifactsOf(folder),
    timeoutSeconds,
    graceSeconds,
  };
  // a process that is gone is told of by its end
  child.send(order, () => undefined);
  let stops = 0;
  const stopListening = onInterrupt(() => {
    child.send({ type: 'stop', graceSeconds: stops === 0 ? graceSeconds : 0 }, () => undefined);
    stops += 1;
  });
  try {
    let end: TrialEnd | undefined;
    for await (const line of createInterface({ input: child.stdout as Readable, crlfDelay: Number.POSITIVE_INFINITY })) {
      const message = fromTrial.parse(JSON.parse(line));
      if (message[0] === 'end') end = message[1];
      else await onMessage(message);
    }
    await gone;
    return end ?? brokenOff;
  } finally {
    stopListening();
  }
}

/** Where the plugin's artifacts are when it has ended. */
export const artifactsOf = (folder: string): string => `${folder}/artifacts`;

const brokenOff: TrialEnd = {
  outcome: 'failed',
  reason: 'plugin_error',
  message: 'The process that ran the plugin ended without a word.',
  exitCode: null,
  data: null,
  durationMs: 0,
};
