import { WebSocket } from 'ws';
import type { Fleet } from './fleet.ts';

/**
 * Clients that speak as fast as they can without ever having proven who they are: frames that are well formed, or nothing that could be
 * read. One that is closed comes back at once.
 */
export async function createFloodClient(fleet: Fleet, valid: boolean, forMs: number): Promise<{ hit: boolean; note: string }> {
  const end = performance.now() + forMs;
  const frame = valid ? JSON.stringify({ type: 'heartbeat', metrics: {} }) : `{"type":"log","text":"${'x'.repeat(20_000)}`;
  let sent = 0;
  let connections = 0;
  async function client(): Promise<void> {
    while (performance.now() < end) {
      await new Promise<void>((resolve) => {
        const socket = new WebSocket(`ws://127.0.0.1:${fleet.serverPort()}/agent/v1/connect`);
        const over = setTimeout(() => socket.terminate(), Math.max(1, end - performance.now()));
        const pump = (): void => {
          if (socket.readyState !== WebSocket.OPEN) return;
          for (let burst = 0; burst < 50 && socket.bufferedAmount < 262_144; burst += 1) {
            socket.send(frame, () => {});
            sent += 1;
          }
          setTimeout(pump, 1);
        };
        socket.on('open', () => {
          connections += 1;
          pump();
        });
        socket.on('error', () => {});
        socket.on('close', () => {
          clearTimeout(over);
          setTimeout(resolve, 20);
        });
      });
    }
  }
  await Promise.all([client(), client()]);
  return { hit: sent > 0, note: `${sent} frames on ${connections} connections` };
}
