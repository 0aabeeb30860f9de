import { once } from 'node:events';
import { pino } from 'pino';
import { type FromTrial, type TrialOrder, toTrial } from '../../shared/plugin-trial.ts';
import { strictest } from '../../shared/resource-limits.ts';
import { systemClock } from '../clock.ts';
import { createExecutor } from '../execution/executor.ts';
import type { Job, RunningJob } from '../execution/job.ts';
import { createLogOutput } from '../log-output.ts';
import { selfCommand } from '../self-command.ts';

/**
 * The internal subcommand `plugin-trial`: runs one action of a plugin once, with the executor of an agent, for whoever started this process
 * (see `shared/plugin-trial.ts`). It needs no server and no folder of an agent.
 */
export async function runPluginTrial(): Promise<void> {
  const executor = createExecutor({
    log: pino({ level: 'warn' }, createLogOutput(2)),
    clock: systemClock,
    startedBy: `plugin-trial ${process.pid}`,
    maxWarm: 0,
    selfCommand,
  });
  let running: RunningJob | undefined;
  const order = Promise.withResolvers<TrialOrder>();
  process.on('message', (text) => {
    const message = toTrial.parse(text);
    if (message.type === 'order') order.resolve(message);
    else running?.stop('cancel', message.graceSeconds);
  });
  // the order comes through it, and nothing else keeps the process waiting
  process.channel?.ref();
  // whoever started it asks it to stop; Ctrl-C in a terminal reaches both, and must not come first
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => {
    if (running === undefined) process.exit(1);
    running.stop('shutdown', 0);
  });

  const { bundleDir, manifest, sha256, action, args, env, workspace, artifacts, timeoutSeconds, graceSeconds } =
    await order.promise;
  const refusal = executor.refusal(manifest, action);
  if (refusal === undefined) {
    const job: Job = {
      execution: 'exe_trial',
      attempt: 1,
      agentName: 'trial',
      bundleDir,
      manifest,
      sha256,
      action,
      args,
      env,
      secrets: {},
      limits: strictest(manifest.limits, manifest.actions[action]?.limits),
      workspace,
      artifacts,
      timeoutSeconds,
      onTimeout: 'kill',
      graceSeconds,
    };
    running = executor.start(job, {
      output: (stream, text) => write([stream, text]),
      progress: (fraction, text) => write(['progress', fraction, text]),
      spawned: () => undefined,
      isFull: () => process.stdout.writableNeedDrain,
      onDrain: (callback) => (process.stdout.writableNeedDrain ? void process.stdout.once('drain', callback) : callback()),
    });
    write(['end', await running.done]);
  } else {
    write(['end', { outcome: 'rejected', ...refusal, exitCode: null, data: null, durationMs: 0 }]);
  }
  await executor.close();
  if (process.stdout.writableNeedDrain) await once(process.stdout, 'drain');
  process.stdout.end();
  process.disconnect?.();
}

const write = (message: FromTrial): void => void process.stdout.write(`${JSON.stringify(message)}\n`);
