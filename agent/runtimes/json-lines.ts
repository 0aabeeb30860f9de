/** Well over the longest message of an honest runner; a plugin could write to the channel itself, and never end its line. */
const maxLineBytes = 32 * 1024 * 1024;

/**
 * Splits the bytes of a pipe into lines; calls back with all whole lines of one chunk at once. Bytes and not text: a line's end is never
 * inside a code point. A line that is too long is left out.
 */
export function createLineSplitter(onLines: (lines: string[]) => void, longest = maxLineBytes): (bytes: Buffer) => void {
  let held: Buffer[] = [];
  let heldBytes = 0;
  let isTooLong = false;

  function hold(bytes: Buffer): void {
    heldBytes += bytes.length;
    isTooLong = heldBytes > longest;
    if (isTooLong) held = [];
    else if (bytes.length > 0) held.push(bytes);
  }

  return (bytes) => {
    const lastEnd = bytes.lastIndexOf(10);
    if (lastEnd === -1) {
      hold(bytes);
      return;
    }
    const firstEnd = isTooLong ? bytes.indexOf(10) + 1 : 0;
    const whole = bytes.subarray(firstEnd, Math.max(firstEnd, lastEnd));
    const text = held.length === 0 ? whole.toString() : Buffer.concat([...held, whole]).toString();
    const hasLines = firstEnd <= lastEnd;
    held = [];
    heldBytes = 0;
    isTooLong = false;
    hold(bytes.subarray(lastEnd + 1));
    if (hasLines) onLines(text.split('\n'));
  };
}
