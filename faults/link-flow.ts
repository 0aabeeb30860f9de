import type { Socket } from 'node:net';
import { createFrameCutter, type Piece } from './websocket-frames.ts';

/** What the link does at present, to all of its connections. */
export type LinkState = {
  cut: boolean;
  swallow: 'none' | 'both' | 'up' | 'down';
  slow: { readonly delayMs: number; readonly bytesPerSecond: number } | undefined;
  repeat: { readonly share: number; readonly delayMs: number } | undefined;
  repeated: number;
  swallowed: number;
};

/** Proofs are made for one connection in a fixed order: what comes twice in the handshake is no fault of a link. */
const handshakeFrames = 2;

/** One direction of one connection: bytes come in order, each when the link lets it. */
export function openFlow(from: Socket, to: Socket, direction: 'up' | 'down', state: LinkState, random: () => number): void {
  let cutter: ReturnType<typeof createFrameCutter> | undefined;
  let seenFirst = false;
  let frames = 0;
  let isDead = false;
  /** when the way is free for the next bytes */
  let freeAt = 0;
  let queued = 0;

  function send(bytes: Buffer): void {
    const now = performance.now();
    const { slow } = state;
    const at = Math.max(now + (slow?.delayMs ?? 0), freeAt);
    freeAt = at + (slow === undefined ? 0 : (bytes.length / slow.bytesPerSecond) * 1000);
    if (at <= now && queued === 0) {
      write(bytes);
      return;
    }
    queued += 1;
    // timers of one length keep their order; those of different lengths are kept in order by `freeAt` and the whole ms
    setTimeout(
      () => {
        queued -= 1;
        write(bytes);
      },
      Math.ceil(at - now),
    );
    if (queued > 256) from.pause();
  }

  function write(bytes: Buffer): void {
    if (to.destroyed) return;
    if (to.write(bytes)) {
      if (queued < 64 && from.isPaused()) from.resume();
    } else {
      from.pause();
    }
  }
  to.on('drain', () => from.resume());

  function pass({ bytes, isText }: Piece): void {
    send(bytes);
    if (!isText) return;
    frames += 1;
    const { repeat } = state;
    if (repeat === undefined || frames <= handshakeFrames || random() >= repeat.share) return;
    state.repeated += 1;
    if (repeat.delayMs === 0) send(bytes);
    else setTimeout(() => send(bytes), repeat.delayMs);
  }

  from.on('data', (bytes: Buffer) => {
    if (!seenFirst) {
      seenFirst = true;
      // the answer to an upgrade is one as well
      const head = bytes.toString('latin1');
      if (/^GET \/agent\/v1\/connect/.test(head) || /^HTTP\/1\.1 101 /.test(head)) cutter = createFrameCutter();
    }
    if (isDead || state.swallow === 'both' || state.swallow === direction) {
      isDead = true;
      state.swallowed += bytes.length;
      return;
    }
    if (cutter === undefined) send(bytes);
    else for (const piece of cutter.push(bytes)) pass(piece);
  });
}
