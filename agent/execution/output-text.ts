/**
 * Turns the bytes of a program into text that fits JSON and every database, piece by piece: a code point that is cut by a pipe's chunk
 * waits for its rest, bytes that are not UTF-8 become U+FFFD, and NUL becomes its visible sign U+2400.
 */
export type OutputText = {
  decode(bytes: Uint8Array): string;
  /** what an unfinished code point at the end of the output becomes */
  end(): string;
};

export function createOutputText(): OutputText {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  return {
    decode: (bytes) => withoutNul(decoder.decode(bytes, { stream: true })),
    end: () => decoder.decode(),
  };
}

/** The same for text that a plugin gave as a string, which may hold half of a surrogate pair. */
export const cleanText = (text: string): string => withoutNul(text.toWellFormed());

const withoutNul = (text: string): string => (text.includes('\0') ? text.replaceAll('\0', '\u2400') : text);
