import { maxLogTextBytes } from '../../shared/protocol.ts';
import type { Chunk } from './frame-file.ts';
import { codePointBefore, splitUtf8 } from './utf8.ts';

export const sizeOf = (chunks: readonly Chunk[]): number => chunks.reduce((sum, { bytes }) => sum + bytes.length, 0);

/** Neighbours of the same stream become one chunk, as long as it fits a message. A program that writes byte by byte costs no more. */
export function mergeChunks(chunks: readonly Chunk[]): Chunk[] {
  const merged: Chunk[] = [];
  for (let first = 0; first < chunks.length; ) {
    const { stream, at } = chunks[first] as Chunk;
    let end = first + 1;
    while (end < chunks.length && chunks[end]?.stream === stream) end += 1;
    const bytes =
      end === first + 1 ? (chunks[first] as Chunk).bytes : Buffer.concat(chunks.slice(first, end).map((chunk) => chunk.bytes));
    for (const piece of splitUtf8(bytes, maxLogTextBytes)) merged.push({ stream, at, bytes: piece });
    first = end;
  }
  return merged;
}

/** The chunks up to at most `size` bytes, not splitting a code point, and the rest. */
export function splitChunks(chunks: readonly Chunk[], size: number): [Chunk[], Chunk[]] {
  const head: Chunk[] = [];
  let room = size;
  for (const [index, chunk] of chunks.entries()) {
    if (chunk.bytes.length > room) {
      const cut = codePointBefore(chunk.bytes, room);
      const rest = [{ ...chunk, bytes: chunk.bytes.subarray(cut) }, ...chunks.slice(index + 1)];
      return [cut === 0 ? head : [...head, { ...chunk, bytes: chunk.bytes.subarray(0, cut) }], rest];
    }
    head.push(chunk);
    room -= chunk.bytes.length;
  }
  return [head, []];
}

/** The rest of the chunk that holds the byte at `offset`, or undefined past the end. */
export function readChunks(chunks: readonly Chunk[], offset: number): Chunk | undefined {
  let from = offset;
  for (const chunk of chunks) {
    if (from < chunk.bytes.length) return from === 0 ? chunk : { ...chunk, bytes: chunk.bytes.subarray(from) };
    from -= chunk.bytes.length;
  }
  return undefined;
}
