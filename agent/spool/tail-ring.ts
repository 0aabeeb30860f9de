import { readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Disk } from '../disk.ts';
import { type Chunk, type FrameFile, openFrameFile } from './frame-file.ts';
import { codePointAfter } from './utf8.ts';

/**
 * The last `capacity` bytes of an output of any length, in two files that take turns: when the newer one is full, the older one is
 * removed and a new one begun. Each carries in its name the position, in the whole output, of its first byte.
 */
export type TailRing = {
  /** where the whole output ends so far */
  end(): number;
  append(chunks: readonly Chunk[]): void;
  /** The first position that can and should be kept, given the capacity. */
  keptFrom(): number;
  /** All chunks from a position on, in order. */
  chunksFrom(position: number): Generator<Chunk>;
  remove(): void;
  /** bytes that it takes on disk */
  fileBytes(): number;
};

type Segment = { readonly from: number; readonly file: FrameFile };

/** @param from the position at which the ring begins when there are no files of it yet */
export function openTailRing(disk: Disk, base: string, from: number, capacity: number): TailRing {
  let segments = existingSegments(disk, base);
  const newest = (): Segment | undefined => segments.at(-1);
  const endOf = ({ from, file }: Segment): number => from + file.size();
  const end = (): number => {
    const last = newest();
    return last === undefined ? from : endOf(last);
  };

  function segmentWithRoom(): Segment {
    const last = newest();
    if (last !== undefined && last.file.size() < capacity) return last;
    const fresh = { from: end(), file: openFrameFile(disk, segmentPath(base, end())) };
    for (const old of segments.slice(0, -1)) old.file.remove();
    segments = [...segments.slice(-1), fresh];
    return fresh;
  }

  function* chunksFrom(position: number): Generator<Chunk> {
    for (const segment of segments) {
      let at = Math.max(position, segment.from);
      for (let chunk = segment.file.read(at - segment.from); chunk !== undefined; chunk = segment.file.read(at - segment.from)) {
        yield chunk;
        at += chunk.bytes.length;
      }
    }
  }

  return {
    end,
    append(chunks) {
      for (const chunk of chunks) segmentWithRoom().file.append([chunk]);
    },
    keptFrom() {
      const first = segments[0]?.from ?? from;
      const wanted = Math.max(first, end() - capacity);
      const [chunk] = chunksFrom(wanted);
      return chunk === undefined ? wanted : wanted + codePointAfter(chunk.bytes, 0);
    },
    chunksFrom,
    fileBytes: () => segments.reduce((sum, { file }) => sum + file.fileBytes(), 0),
    remove() {
      for (const { file } of segments) file.remove();
      segments = [];
    },
  };
}

const segmentPath = (base: string, from: number): string => `${base}.tail-${from}`;

function existingSegments(disk: Disk, base: string): Segment[] {
  const prefix = `${basename(base)}.tail-`;
  const segments = readdirSync(dirname(base))
    .filter((name) => name.startsWith(prefix))
    .map((name) => ({ from: Number(name.slice(prefix.length)), file: openFrameFile(disk, join(dirname(base), name)) }))
    .sort((a, b) => a.from - b.from);
  // a loss of power may have torn the older one: it would leave a hole
  const firstWhole = segments.findLastIndex(
    ({ from, file }, index) => index + 1 < segments.length && from + file.size() !== segments[index + 1]?.from,
  );
  for (const { file } of segments.slice(0, firstWhole + 1)) file.remove();
  return segments.slice(firstWhole + 1);
}
