import { constants, fstatSync, readSync } from 'node:fs';
import { type LogStream, logStreams, maxLogTextBytes } from '../../shared/protocol.ts';
import { type Disk, writeWhole } from '../disk.ts';

/** A piece of output. `bytes` is UTF-8 text of at most `maxLogTextBytes`, which never splits a code point. */
export type Chunk = { readonly stream: LogStream; readonly at: number; readonly bytes: Buffer };

/**
 * A file of chunks, each behind a header: stream (1 byte), time (8), length (4). The chunks are what `offset` counts; headers are not.
 * The file is written in whole calls, so that after the death of the agent it holds everything that was written; after a loss of power
 * its end may be torn, which `openFrameFile` cuts.
 */
export type FrameFile = {
  /** bytes of output in it */
  size(): number;
  /** bytes that it takes on disk */
  fileBytes(): number;
  append(chunks: readonly Chunk[]): void;
  /** The rest of the chunk that holds the byte at `offset`; undefined at the end. */
  read(offset: number): Chunk | undefined;
  /** Lets go of the file; the next call opens it again. */
  rest(): void;
  remove(): void;
};

const headerBytes = 13;

/** @param stopAt cuts the file before the first chunk of this stream */
export function openFrameFile(disk: Disk, path: string, stopAt?: LogStream): FrameFile {
  let fd: number | undefined;
  let end = { file: 0, output: 0 };
  let cursor = { file: 0, output: 0 };

  const opened = (): number => {
    // not for appending: Windows could not cut a torn end then
    fd ??= disk.openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600);
    return fd;
  };

  function findEnd(): void {
    const fileBytes = fstatSync(opened()).size;
    for (;;) {
      const header = readHeader(opened(), end.file);
      if (header === undefined || header.stream === stopAt || end.file + headerBytes + header.length > fileBytes) break;
      end = { file: end.file + headerBytes + header.length, output: end.output + header.length };
    }
    if (end.file < fileBytes) disk.ftruncateSync(opened(), end.file);
  }

  /** What was written of a chunk takes room, and is written over by the next one. */
  function takeBack(): void {
    try {
      disk.ftruncateSync(opened(), end.file);
    } catch {
      // `findEnd` does it after a restart
    }
  }

  findEnd();

  return {
    size: () => end.output,
    fileBytes: () => end.file,
    append(chunks) {
      const bytes = Buffer.concat(chunks.flatMap((chunk) => [headerOf(chunk), chunk.bytes]));
      try {
        writeWhole(disk, opened(), bytes, end.file);
      } catch (error) {
        takeBack();
        throw error;
      }
      end = { file: end.file + bytes.length, output: end.output + bytes.length - chunks.length * headerBytes };
    },
    read(offset) {
      if (offset >= end.output) return undefined;
      if (offset < cursor.output) cursor = { file: 0, output: 0 };
      for (;;) {
        const header = readHeader(opened(), cursor.file);
        if (header === undefined) return undefined;
        const next = { file: cursor.file + headerBytes + header.length, output: cursor.output + header.length };
        if (offset < next.output) {
          const skip = offset - cursor.output;
          const bytes = Buffer.allocUnsafe(header.length - skip);
          readSync(opened(), bytes, 0, bytes.length, cursor.file + headerBytes + skip);
          return { stream: header.stream, at: header.at, bytes };
        }
        cursor = next;
      }
    },
    rest() {
      const open = fd;
      fd = undefined;
      if (open !== undefined) disk.closeSync(open);
    },
    remove() {
      this.rest();
      disk.rmSync(path, { force: true });
    },
  };
}

function headerOf({ stream, at, bytes }: Chunk): Buffer {
  const header = Buffer.allocUnsafe(headerBytes);
  header.writeUInt8(logStreams.indexOf(stream), 0);
  header.writeDoubleBE(at, 1);
  header.writeUInt32BE(bytes.length, 9);
  return header;
}

/** Undefined where there is no header: at the end, or in what a loss of power left. */
function readHeader(fd: number, at: number): { stream: LogStream; at: number; length: number } | undefined {
  const header = Buffer.allocUnsafe(headerBytes);
  if (readSync(fd, header, 0, headerBytes, at) < headerBytes) return undefined;
  const stream = logStreams[header.readUInt8(0)];
  const length = header.readUInt32BE(9);
  if (stream === undefined || length === 0 || length > maxLogTextBytes) return undefined;
  return { stream, at: header.readDoubleBE(1), length };
}
