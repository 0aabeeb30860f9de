/** The largest cut ≤ `at` that does not split a code point of these UTF-8 bytes. */
export function codePointBefore(bytes: Buffer, at: number): number {
  if (at >= bytes.length) return bytes.length;
  let cut = at;
  while (cut > 0 && isContinuation(bytes[cut])) cut -= 1;
  return cut;
}

/** The smallest cut ≥ `at` that does not split a code point of these UTF-8 bytes. */
export function codePointAfter(bytes: Buffer, at: number): number {
  let cut = Math.max(0, at);
  while (cut < bytes.length && isContinuation(bytes[cut])) cut += 1;
  return cut;
}

/** Pieces of at most `maxBytes` each, none of which splits a code point. */
export function splitUtf8(bytes: Buffer, maxBytes: number): Buffer[] {
  const pieces: Buffer[] = [];
  for (let from = 0; from < bytes.length; ) {
    const to = from + codePointBefore(bytes.subarray(from), maxBytes);
    pieces.push(bytes.subarray(from, to));
    from = to;
  }
  return pieces;
}

const isContinuation = (byte: number | undefined): boolean => byte !== undefined && (byte & 0xc0) === 0x80;
