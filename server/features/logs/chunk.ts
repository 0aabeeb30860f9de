/**
 * Where a chunk of output fits into the log that the ledger holds. Offsets are bytes of UTF-8; the log has no hole and no repeat, so a
 * chunk either continues it, repeats what is there (in whole or in part), or comes too early.
 */
export type Fit =
  | { readonly kind: 'append'; readonly text: string; readonly bytes: number; readonly start: number }
  | { readonly kind: 'repeat' }
  | { readonly kind: 'gap' };

export function fitChunk(size: number, offset: number, text: string): Fit {
  if (offset > size) return { kind: 'gap' };
  const bytes = Buffer.byteLength(text);
  if (offset === size) return { kind: 'append', text, bytes, start: size };
  const fresh = offset + bytes - size;
  if (fresh <= 0) return { kind: 'repeat' };
  const tail = Buffer.from(text).subarray(bytes - fresh);
  // a resend that is cut differently may begin inside a character that the ledger holds already: the rest of it is not text
  const rest = tail.toString();
  if (Buffer.byteLength(rest) !== tail.length) return { kind: 'gap' };
  return { kind: 'append', text: rest, bytes: tail.length, start: size };
}
