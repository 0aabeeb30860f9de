import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { nodeFlags } from '../../../cli/processes/entries.ts';
import type { Cleanups } from '../../cleanups.ts';
import { addUp } from '../agents/tally.ts';
import type { LoadAnswers, LoadCall, LoadReply, LoadReport, LoadRequest } from './load-messages.ts';

/** The simulated agents, in processes of their own. */
export type Load = {
  /** Settles when the connections are being opened, not when they are open: see `report`. */
  connect(withinMs: number): Promise<void>;
  churn(perMinute: number): Promise<void>;
  /** of all processes together */
  report(): Promise<LoadReport>;
  /** When results were acknowledged since the last call, ms since the epoch, in no order. */
  takeAcknowledged(): Promise<readonly number[]>;
  /** @returns ms that each took */
  enrol(order: Omit<Extract<LoadRequest, { type: 'enrol' }>, 'type'>): Promise<readonly number[]>;
  stop(): Promise<void>;
};

export type LoadOptions = Omit<Extract<LoadRequest, { type: 'begin' }>, 'type' | 'nth' | 'of'> & {
  readonly processes: number;
  /** PEM of the certificate that the agents shall trust */
  readonly certificateFile: string | undefined;
  readonly cleanups: Cleanups;
};

export async function startLoad({ processes, certificateFile, cleanups, ...begin }: LoadOptions): Promise<Load> {
  const all = Array.from({ length: processes }, () => startProcess(certificateFile, cleanups));
  await Promise.all(all.map((one, nth) => one.ask({ type: 'begin', ...begin, of: processes, nth })));
  const ask = <T extends LoadRequest['type']>(request: Extract<LoadRequest, { type: T }>) =>
    Promise.all(all.map((one) => one.ask<T>(request)));

  return {
    connect: async (withinMs) => void (await ask({ type: 'connect', withinMs })),
    churn: async (perMinute) => void (await ask({ type: 'churn', perMinute: perMinute / processes })),
    async report() {
      const reports = await ask<'report'>({ type: 'report' });
      return {
        ...addUp(reports),
        cpuSeconds: reports.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
        residentBytes: reports.reduce((sum, { residentBytes }) => sum + residentBytes, 0),
      };
    },
    takeAcknowledged: async () => (await ask<'take'>({ type: 'take' })).flat(),
    async enrol(order) {
      const share = { ...order, type: 'enrol', count: Math.ceil(order.count / processes) } as const;
      const each = await Promise.all(all.map((one, nth) => one.ask<'enrol'>({ ...share, prefix: `${order.prefix}-${nth}` })));
      return each.flatMap(({ milliseconds }) => milliseconds);
    },
    async stop() {
      await Promise.all(all.map((one) => one.end()));
    },
  };
}

type LoadProcess = {
  ask<T extends LoadRequest['type']>(request: Extract<LoadRequest, { type: T }>): Promise<LoadAnswers[T]>;
  /** In order, if it still can; may be called twice. */
  end(): Promise<void>;
};

const stopMs = 10_000;

function startProcess(certificateFile: string | undefined, cleanups: Cleanups): LoadProcess {
  const { PATH = '', HOME = '' } = process.env;
  const child: ChildProcess = spawn(process.execPath, [...nodeFlags, join(import.meta.dirname, 'load-program.ts')], {
    env: { PATH, HOME, ...(certificateFile === undefined ? {} : { NODE_EXTRA_CA_CERTS: certificateFile }) },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    serialization: 'advanced',
  });
  const gone = once(child, 'close');
  const asked = new Map<number, { resolve(answer: never): void; reject(error: Error): void }>();
  let lastId = 0;
  child.on('message', (reply: LoadReply) => {
    const waiting = asked.get(reply.id);
    asked.delete(reply.id);
    if ('error' in reply) waiting?.reject(new Error(reply.error));
    else waiting?.resolve(reply.answer as never);
  });
  void gone.then(() => {
    for (const { reject } of asked.values()) reject(new Error('A process of simulated agents ended before it answered.'));
    asked.clear();
  });
  const isRunning = (): boolean => child.exitCode === null && child.signalCode === null;

  const ask: LoadProcess['ask'] = (request) =>
    new Promise((resolve, reject) => {
      if (!isRunning()) throw new Error('A process of simulated agents has ended.');
      lastId += 1;
      asked.set(lastId, { resolve: resolve as (answer: never) => void, reject });
      child.send({ id: lastId, request } satisfies LoadCall);
    });

  async function end(): Promise<void> {
    if (!isRunning()) return;
    const force = setTimeout(() => child.kill('SIGKILL'), stopMs);
    await ask({ type: 'stop' }).catch(() => {});
    child.kill('SIGTERM');
    await gone;
    clearTimeout(force);
  }

  // in order or not: at the end nothing may be left
  cleanups.add(async () => {
    if (isRunning()) child.kill('SIGKILL');
    await gone;
  });
  return { ask, end };
}
