/**
 * Cuts a byte stream of a WebSocket into its whole frames. What comes before the end of the HTTP head is handed on as it is.
 * Only as much of RFC 6455 as that takes.
 */
export type FrameCutter = { push(bytes: Buffer): Piece[] };

export type Piece = { readonly bytes: Buffer /** a whole, unfragmented text frame */; readonly isText: boolean };

export function createFrameCutter(): FrameCutter {
  let rest: Buffer = Buffer.alloc(0);
  let inHead = true;

  function nextFrame(): Piece | undefined {
    if (rest.length < 2) return undefined;
    const [first = 0, second = 0] = rest;
    const short = second & 0x7f;
    const extended = short === 126 ? 2 : short === 127 ? 8 : 0;
    if (rest.length < 2 + extended) return undefined;
    const length = short === 126 ? rest.readUInt16BE(2) : short === 127 ? Number(rest.readBigUInt64BE(2)) : short;
    const whole = 2 + extended + ((second & 0x80) === 0 ? 0 : 4) + length;
    if (rest.length < whole) return undefined;
    const bytes = rest.subarray(0, whole);
    rest = rest.subarray(whole);
    return { bytes, isText: (first & 0x8f) === 0x81 };
  }

  return {
    push(bytes) {
      rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
      const pieces: Piece[] = [];
      if (inHead) {
        const end = rest.indexOf('\r\n\r\n');
        if (end === -1) return pieces;
        pieces.push({ bytes: rest.subarray(0, end + 4), isText: false });
        rest = rest.subarray(end + 4);
        inHead = false;
      }
      for (let frame = nextFrame(); frame !== undefined; frame = nextFrame()) pieces.push(frame);
      return pieces;
    },
  };
}
