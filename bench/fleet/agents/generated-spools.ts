import type { Clock } from '../../../agent/clock.ts';
import { createOutputDigest } from '../../../agent/spool/output-digest.ts';
import type { Spool } from '../../../agent/spool/spool.ts';
import type { SpoolFolder } from '../../../agent/spool/spool-folder.ts';
import { maxLogTextBytes } from '../../../shared/protocol.ts';
import { bytesAt, periodBytes } from './generated-text.ts';

/**
 * Stands for the files in which an agent keeps output until the server has it. It keeps only how much there is: the bytes follow from
 * their offset (`generated-text.ts`). Output becomes sendable as that of a real spool does, 20 ms after it was written or when a message is full.
 */
export function createGeneratedSpools({ clock }: { readonly clock: Clock }): SpoolFolder {
  return {
    open: ({ execution, attempt }, { logFrom, limitBytes }, sendable) =>
      openGenerated({ clock, logFrom, limitBytes, sendable, name: `${execution}/${attempt}` }),
    keepOnly: () => {},
    close: () => {},
  };
}

const flushAfterMs = 20;

type Options = {
  readonly clock: Clock;
  readonly logFrom: number;
  readonly limitBytes: number;
  readonly sendable: () => void;
  readonly name: string;
};

function openGenerated({ clock, logFrom, limitBytes, sendable, name }: Options): Spool {
  let written = 0;
  let ready = 0;
  let cancelFlush: (() => void) | undefined;

  function flush(): void {
    cancelFlush?.();
    cancelFlush = undefined;
    if (ready === written) return;
    ready = written;
    sendable();
  }

  return {
    logFrom,
    end: () => logFrom + ready,
    write(_stream, text) {
      written += text.length;
      if (written > limitBytes) throw new Error(`The simulated work of ${name} prints more than its task keeps.`);
      if (written - ready >= maxLogTextBytes) flush();
      else cancelFlush ??= clock.after(flushAfterMs, flush);
    },
    flush,
    finish() {
      cancelFlush?.();
      cancelFlush = undefined;
      return { output: [], logSize: logFrom + written, cutBytes: 0, outputSha256: digestOf(written) };
    },
    settled() {
      ready = written;
    },
    read(offset) {
      const left = logFrom + ready - offset;
      if (left <= 0) return undefined;
      return { stream: 'out', at: clock.now(), bytes: bytesAt(offset - logFrom, Math.min(left, maxLogTextBytes)) };
    },
    rest: () => {},
    remove() {
      cancelFlush?.();
      cancelFlush = undefined;
    },
    bytes: () => written,
  };
}

const digests = new Map<number, string>();

/** Of the first so many bytes; executions that print as much print the same. */
function digestOf(length: number): string {
  let digest = digests.get(length);
  if (digest === undefined) {
    const sum = createOutputDigest();
    for (let offset = 0; offset < length; offset += periodBytes)
      sum.add('out', bytesAt(offset, Math.min(periodBytes, length - offset)));
    digest = sum.value();
    digests.set(length, digest);
  }
  return digest;
}
