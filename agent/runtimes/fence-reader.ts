import { createOutputText } from '../execution/output-text.ts';
import { fence } from './node-channel.ts';

const fenceBytes = Buffer.from(fence);

/** Tells the fences of a runner from the output of the programs that share its pipe. */
export function createFenceReader(onText: (text: string) => void, onFence: () => void): { read(bytes: Buffer): void } {
  let text = createOutputText();
  let held: Buffer = Buffer.alloc(0);

  function write(bytes: Buffer): void {
    const decoded = text.decode(bytes);
    if (decoded !== '') onText(decoded);
  }

  return {
    read(bytes) {
      let rest = held.length === 0 ? bytes : Buffer.concat([held, bytes]);
      for (let at = rest.indexOf(fenceBytes); at !== -1; at = rest.indexOf(fenceBytes)) {
        write(rest.subarray(0, at));
        const unfinished = text.end();
        if (unfinished !== '') onText(unfinished);
        text = createOutputText();
        onFence();
        rest = rest.subarray(at + fenceBytes.length);
      }
      const keep = startOfFence(rest);
      write(rest.subarray(0, keep));
      held = rest.subarray(keep);
    },
  };
}

/** Where, at the end of these bytes, a fence may have begun; else their length. */
function startOfFence(bytes: Buffer): number {
  for (let at = Math.max(0, bytes.length - fenceBytes.length + 1); at < bytes.length; at += 1) {
    if (bytes[at] === 0 && bytes.subarray(at).equals(fenceBytes.subarray(0, bytes.length - at))) return at;
  }
  return bytes.length;
}
