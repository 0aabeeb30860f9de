/**
 * The output of simulated work: every byte follows from its offset, so that nobody has to keep it, it can be sent again from any offset,
 * and whoever reads it can prove that none is missing or there twice.
 */
const lineBytes = 100;
/** A prime number, so that no chunk and no block is as long: what was left out or repeated shows. */
export const periodBytes = 65_521;

const period = periodText();
const twice = Buffer.from(period + period, 'latin1');
const twiceText = period + period;

/** At most a period of it. */
export function bytesAt(offset: number, length: number): Buffer {
  const from = offset % periodBytes;
  return twice.subarray(from, from + Math.min(length, periodBytes));
}

/** At most a period of it. */
export function textAt(offset: number, length: number): string {
  const from = offset % periodBytes;
  return twiceText.slice(from, from + Math.min(length, periodBytes));
}

/** Whether these are the bytes of the output from this offset on. */
export function isTextAt(offset: number, bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; at += periodBytes) {
    const part = bytes.subarray(at, at + periodBytes);
    if (bytesAt(offset + at, part.length).compare(part) !== 0) return false;
  }
  return true;
}

function periodText(): string {
  const lines: string[] = [];
  for (let line = 0; line * lineBytes < periodBytes; line += 1) {
    const head = `${String(line).padStart(6, '0')} GET /api/v1/items/${(line * 7919) % 99_991} 200 `;
    lines.push(`${head.padEnd(lineBytes - 1, 'abcdefghijklmnopqrstuvwxyz ')}\n`);
  }
  return lines.join('').slice(0, periodBytes);
}
