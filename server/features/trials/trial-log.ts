import { stripVTControlCharacters } from 'node:util';

export type ShownChunk = { readonly stream: string; readonly text: string };

/** The end of a log for a small place: without colours, at most so many characters. The page of the execution has all of it. */
export function endOfLog(
  chunks: readonly ShownChunk[],
  most: number,
): { readonly chunks: readonly ShownChunk[]; readonly isCut: boolean } {
  const shown: ShownChunk[] = [];
  let room = most;
  for (const { stream, text } of chunks.toReversed()) {
    const plain = stripVTControlCharacters(text);
    if (plain.length > room) {
      if (room > 0) shown.unshift({ stream, text: plain.slice(-room).toWellFormed() });
      return { chunks: shown, isCut: true };
    }
    shown.unshift({ stream, text: plain });
    room -= plain.length;
  }
  return { chunks: shown, isCut: false };
}
