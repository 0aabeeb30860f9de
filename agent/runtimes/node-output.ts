import { Writable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { inspect } from 'node:util';
import type { SendToAgent } from './node-channel.ts';

/**
 * Sends what a plugin prints (`console`, `process.stdout`, `process.stderr`, Node's warnings) over the channel, so that all of it keeps its
 * order. The real file descriptors are never opened as streams, which would make them non-blocking for the programs that inherit them.
 */
export function redirectOutput(send: SendToAgent): void {
  const out = streamTo('out', send);
  const err = streamTo('err', send);
  Object.defineProperty(process, 'stdout', { value: out, configurable: true });
  Object.defineProperty(process, 'stderr', { value: err, configurable: true });
  // in case the console was used before and holds the real ones
  Object.assign(globalThis.console, { _stdout: out, _stderr: err });
  process.removeAllListeners('warning');
  process.on('warning', (warning: Error & { code?: string }) => {
    if (!isOurDoing(warning)) err.write(`${inspect(warning)}\n`);
  });
}

/** What Node says of the way in which plugins are loaded, about which their authors can do nothing. */
const isOurDoing = (warning: { readonly message: string; readonly code?: string }): boolean =>
  warning.code === 'MODULE_TYPELESS_PACKAGE_JSON' || warning.message.startsWith('vm.USE_MAIN_CONTEXT_DEFAULT_LOADER');

function streamTo(stream: 'out' | 'err', send: SendToAgent): Writable {
  const decoder = new StringDecoder('utf8');
  return new Writable({
    decodeStrings: false,
    write(chunk: string | Buffer, _encoding, callback) {
      const text = typeof chunk === 'string' ? chunk : decoder.write(chunk);
      if (text !== '') send([stream, text]);
      callback();
    },
  });
}
