import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Cleanups } from '../../cleanups.ts';
import type { Samples } from '../../timing.ts';

/** How long `/healthz` takes, all the time, as somebody else on the machine sees it. */
export type HealthWatch = {
  /** ms of each answer since the last call */
  times(): Promise<Samples>;
  end(): Promise<void>;
};

const pauseMs = 20;

export function startHealthWatch(url: string, certificateFile: string | undefined, cleanups: Cleanups): HealthWatch {
  const trust = certificateFile === undefined ? {} : { NODE_EXTRA_CA_CERTS: certificateFile };
  const child = fork(join(import.meta.dirname, 'health-program.js'), [`${url}/healthz`, String(pauseMs)], {
    env: { PATH: process.env.PATH ?? '', ...trust },
    serialization: 'advanced',
  });
  const gone = once(child, 'close');
  return {
    async times() {
      const answered = once(child, 'message') as Promise<[Samples]>;
      child.send('times');
      const [times] = await answered;
      return times;
    },
    end: cleanups.add(async () => {
      child.kill('SIGKILL');
      await gone;
    }),
  };
}
