import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { type LinkState, openFlow } from './link-flow.ts';

/**
 * The way from one agent to the server: a TCP proxy that can be cut, go silent, be slow or say things twice.
 *
 *   agent ── up ──> server        a connection that swallowed something stays silent until one of its ends gives it up:
 *         <─ down ──              bytes are missing in it for good
 */
export type Link = {
  readonly port: number;
  /** Ends all connections, and further ones at once. */
  cut(): void;
  /** Bytes are taken and dropped, on the connections that are there and on new ones. */
  swallow(which: 'both' | 'up' | 'down'): void;
  slow(delayMs: number, bytesPerSecond: number): void;
  /** So large a share of the text frames, in both directions, comes a second time, so much later. */
  repeat(share: number, delayMs: number): void;
  /** All is well again. @returns how many frames came twice, and how many bytes were swallowed since the last time */
  heal(): { readonly repeated: number; readonly swallowed: number };
  close(): Promise<void>;
};

export async function openLink(targetPort: () => number, random: () => number): Promise<Link> {
  const state: LinkState = { cut: false, swallow: 'none', slow: undefined, repeat: undefined, repeated: 0, swallowed: 0 };
  const sockets = new Set<Socket>();
  const listener = createServer({ allowHalfOpen: false }, (near) => {
    if (state.cut) {
      near.resetAndDestroy();
      return;
    }
    const far = connect(targetPort(), '127.0.0.1');
    for (const [from, to, direction] of [
      [near, far, 'up'],
      [far, near, 'down'],
    ] as const) {
      sockets.add(from);
      openFlow(from, to, direction, state, random);
      from.setNoDelay(true);
      from.on('error', () => {});
      from.once('close', () => {
        sockets.delete(from);
        to.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));

  function endAll(): void {
    for (const socket of sockets) socket.resetAndDestroy();
  }

  return {
    port: (listener.address() as AddressInfo).port,
    cut() {
      state.cut = true;
      endAll();
    },
    swallow(which) {
      state.swallow = which;
    },
    slow(delayMs, bytesPerSecond) {
      state.slow = { delayMs, bytesPerSecond };
    },
    repeat(share, delayMs) {
      state.repeat = { share, delayMs };
    },
    heal() {
      const { repeated, swallowed } = state;
      Object.assign(state, { cut: false, swallow: 'none', slow: undefined, repeat: undefined, repeated: 0, swallowed: 0 });
      return { repeated, swallowed };
    },
    async close() {
      state.cut = true;
      endAll();
      await new Promise<void>((resolve) => listener.close(() => resolve()));
    },
  };
}
