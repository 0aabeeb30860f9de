import type { Readable } from 'node:stream';
import type { Clock } from '../clock.ts';
import type { JobSink } from './job.ts';
import { pause } from './pause.ts';

/** Who takes the output: while it is full, no pipe is read. */
export type Gate = Pick<JobSink, 'isFull' | 'onDrain'>;

export type Pipe = { readonly stream: Readable; readonly read: (bytes: Buffer) => void; readonly end: () => void };

export type Pipes = {
  /** Settles when the gate is not full. */
  flowing(): Promise<void>;
  /** Settles when every pipe is at its end; for use when nobody should hold the other ends any more. */
  drained(): Promise<void>;
};

/** Something that cannot be killed may hold a pipe open: after this long without a byte it is no longer waited for. */
const quietMs = 1000;

/** Reads the pipes of one process, all of them or, while the gate is full, none: then the process itself has to wait. */
export function readPipes(pipes: readonly Pipe[], gate: Gate, clock: Clock): Pipes {
  let lastByteAt = clock.monotonic();
  let resumed = Promise.resolve();
  let isWaiting = false;

  function waitWhileFull(): void {
    lastByteAt = clock.monotonic();
    if (isWaiting || !gate.isFull()) return;
    isWaiting = true;
    for (const { stream } of pipes) stream.pause();
    resumed = new Promise((resolve) => {
      gate.onDrain(() => {
        isWaiting = false;
        lastByteAt = clock.monotonic();
        for (const { stream } of pipes) stream.resume();
        resolve();
      });
    });
  }

  function closing({ stream, read, end }: Pipe): Promise<void> {
    stream.on('data', (bytes: Buffer) => {
      read(bytes);
      waitWhileFull();
    });
    return new Promise((resolve) => {
      stream.once('error', () => {}); // 'close' follows
      stream.once('close', () => {
        end();
        resolve();
      });
    });
  }

  const closed = Promise.all(pipes.map(closing));
  return {
    flowing: () => resumed,
    async drained() {
      const all = new AbortController();
      void closed.then(() => all.abort());
      lastByteAt = clock.monotonic();
      while (!all.signal.aborted && (isWaiting || clock.monotonic() - lastByteAt < quietMs))
        await pause(clock, quietMs, all.signal);
      for (const { stream } of pipes) stream.destroy();
      await closed;
    },
  };
}
