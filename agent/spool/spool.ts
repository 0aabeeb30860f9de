import { existsSync } from 'node:fs';
import { maxLogTextBytes } from '../../shared/protocol.ts';
import { type Disk, systemDisk } from '../disk.ts';
import type { HeldChunk } from '../journal/journal-records.ts';
import { mergeChunks, readChunks, sizeOf, splitChunks } from './chunks.ts';
import { type Chunk, type FrameFile, openFrameFile } from './frame-file.ts';
import { createOutputDigest } from './output-digest.ts';
import { openTailRing, type TailRing } from './tail-ring.ts';

/**
 * The output of one attempt, addressed by byte offset from `logFrom` on. What may be sent is on disk first, so that an agent that was
 * killed never claims less than the server holds:
 *
 *   write ──> pending (memory, for milliseconds) ──> head (file) ──> sendable
 *                │                                      └ full ──> tail (two files that take turns; not sendable before the end)
 *                └ ended while short ──> held (in the journal's record of the end: no file at all)
 *
 * At the end the tail is appended to the head, behind one `cut` chunk if bytes were dropped between them. A disk that is full drops bytes
 * too, and is marked in the same way.
 */
export type Spool = {
  readonly logFrom: number;
  /** the offset at which what may be sent ends */
  end(): number;
  write(stream: 'out' | 'err' | 'log', text: string, at: number): void;
  /** Puts what is pending on disk and makes it sendable. */
  flush(): void;
  /** No more output follows. `output` belongs into the journal's record of the end. */
  finish(at: number): SpoolEnd;
  /** That record is written: the end may be sent, and what only a second try at `finish` would need may go. */
  settled(): void;
  /** The rest of the chunk that holds the byte at `offset`; undefined past what may be sent. */
  read(offset: number): Chunk | undefined;
  /** Lets go of files until the next read. */
  rest(): void;
  /** Never throws: what cannot be removed now is removed at the next start. */
  remove(): void;
  /** bytes that it takes on disk and in memory */
  bytes(): number;
};

export type SpoolEnd = {
  readonly output: HeldChunk[];
  readonly logSize: number;
  readonly cutBytes: number;
  /** of all that was written, also of what was cut; unknown after a restart of the agent */
  readonly outputSha256?: string;
};

export type SpoolOptions = {
  /** path of its first file; the others are named after it */
  readonly base: string;
  readonly logFrom: number;
  readonly limitBytes: number;
  readonly disk?: Disk;
  readonly events: {
    /** it holds pending output and wants to be flushed soon */
    readonly pending: () => void;
    /** more of it may be sent */
    readonly sendable: () => void;
    readonly failed: (error: unknown) => void;
  };
};

/** Output that ends within this size, before its first flush, needs no file. */
const maxHeldBytes = 8 * 1024;

/**
 * @param found set after a restart of the agent: the spool may have files already, and if the attempt had ended, the journal's record of
 * its end holds the last chunks
 */
export function openSpool(
  { base, logFrom, limitBytes, disk = systemDisk, events }: SpoolOptions,
  found?: { readonly ended: readonly HeldChunk[] | undefined },
): Spool {
  const headLimit = Math.floor(limitBytes / 2);
  let pending: Chunk[] = [];
  let pendingBytes = 0;
  // a fresh attempt has no files, and looking for them would cost each one a system call
  let file =
    found !== undefined && existsSync(base)
      ? openFrameFile(disk, base, found.ended === undefined ? 'cut' : undefined)
      : undefined;
  let tail = file === undefined ? undefined : openTail(file);
  let last: readonly Chunk[] = (found?.ended ?? []).map(({ stream, at, text }) => ({
    stream,
    at,
    bytes: Buffer.from(text, 'utf8'),
  }));
  /** all output so far, and how much of it was stored: less, once the disk was full */
  let produced = storedBytes();
  const digest = found === undefined ? createOutputDigest() : undefined;
  let isBroken = false;
  let sendable = logFrom + wholeSize();

  function wholeSize(): number {
    return (file?.size() ?? 0) + sizeOf(last);
  }

  function openTail(head: FrameFile): TailRing {
    return openTailRing(disk, base, head.size(), limitBytes - head.size());
  }

  function storedBytes(): number {
    return tail?.end() ?? file?.size() ?? 0;
  }

  function flush(): void {
    const chunks = mergeChunks(pending);
    pending = [];
    pendingBytes = 0;
    if (chunks.length === 0 || isBroken) return;
    try {
      store(chunks);
    } catch (error) {
      // all that follows is dropped too: a hole must not look like an end
      isBroken = true;
      events.failed(error);
    }
    sendable = logFrom + wholeSize();
    events.sendable();
  }

  function store(chunks: readonly Chunk[]): void {
    file ??= openFrameFile(disk, base);
    if (tail !== undefined) {
      tail.append(chunks);
      return;
    }
    const [head, rest] = splitChunks(chunks, headLimit - file.size());
    if (head.length > 0) file.append(head);
    if (rest.length > 0) {
      tail = openTail(file);
      tail.append(rest);
    }
  }

  function finish(at: number): SpoolEnd {
    if (file === undefined && pendingBytes <= Math.min(maxHeldBytes, limitBytes)) {
      last = mergeChunks(pending);
      pending = [];
      return spoolEnd(0);
    }
    flush();
    try {
      return spoolEnd(joinTail(at));
    } catch (error) {
      // not even what is there can be read: the result must come all the same, and tell how much is missing
      events.failed(error);
      file = undefined;
      last = [cutChunk(produced, at)];
      return spoolEnd(produced);
    }
  }

  function spoolEnd(cutBytes: number): SpoolEnd {
    const known = digest === undefined ? {} : { outputSha256: digest.value() };
    return { output: last.map(heldChunk), logSize: logFrom + wholeSize(), cutBytes, ...known };
  }

  /** @returns how many bytes were dropped before it */
  function joinTail(at: number): number {
    const headEnd = file?.size() ?? 0;
    const keptFrom = tail?.keptFrom() ?? headEnd;
    const dropped = keptFrom - headEnd + produced - storedBytes();
    const mark = dropped === 0 ? [] : [cutChunk(dropped, at)];
    if (tail === undefined || file === undefined) {
      last = mark;
      return dropped;
    }
    try {
      if (mark.length > 0) file.append(mark);
      for (const chunk of tail.chunksFrom(keptFrom)) file.append([chunk]);
      return dropped;
    } catch (error) {
      events.failed(error);
      file.rest();
      file = openFrameFile(disk, base, 'cut');
      last = [cutChunk(produced - headEnd, at)];
      return produced - headEnd;
    }
  }

  return {
    logFrom,
    end: () => sendable,
    write(stream, text, at) {
      const bytes = Buffer.from(text, 'utf8');
      if (bytes.length === 0) return;
      produced += bytes.length;
      digest?.add(stream, bytes);
      pendingBytes += bytes.length;
      pending.push({ stream, at, bytes });
      if (pendingBytes >= maxLogTextBytes) flush();
      else if (pending.length === 1) events.pending();
    },
    flush,
    finish,
    settled() {
      sendable = logFrom + wholeSize();
      quietly(() => tail?.remove());
      tail = undefined;
    },
    read(offset) {
      if (offset >= sendable) return undefined;
      const fileBytes = file?.size() ?? 0;
      const from = offset - logFrom;
      return from < fileBytes ? file?.read(from) : readChunks(last, from - fileBytes);
    },
    rest: () => quietly(() => file?.rest()),
    remove() {
      quietly(() => file?.remove());
      quietly(() => tail?.remove());
    },
    bytes: () => (file?.fileBytes() ?? 0) + (tail?.fileBytes() ?? 0) + sizeOf(last) + pendingBytes,
  };

  function quietly(remove: () => void): void {
    try {
      remove();
    } catch (error) {
      events.failed(error);
    }
  }
}

const heldChunk = ({ stream, at, bytes }: Chunk): HeldChunk => ({ stream, at, text: bytes.toString('utf8') });

const cutChunk = (bytes: number, at: number): Chunk => ({
  stream: 'cut',
  at,
  bytes: Buffer.from(`\n[${bytes} bytes of output were cut here]\n`),
});
