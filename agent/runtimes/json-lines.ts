/** Splits the bytes of a pipe into lines; calls back with all whole lines of one chunk at once. Bytes and not text: a line's end is never inside a code point. */
export function createLineSplitter(onLines: (lines: string[]) => void): (bytes: Buffer) => void {
  let held: Buffer[] = [];
  return (bytes) => {
    const lastEnd = bytes.lastIndexOf(10);
    if (lastEnd === -1) {
      held.push(bytes);
      return;
    }
    const whole = bytes.subarray(0, lastEnd);
    const text = held.length === 0 ? whole.toString() : Buffer.concat([...held, whole]).toString();
    held = lastEnd + 1 < bytes.length ? [bytes.subarray(lastEnd + 1)] : [];
    onLines(text.split('\n'));
  };
}
