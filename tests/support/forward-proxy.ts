import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import type { Duplex } from 'node:stream';

/** An HTTP proxy as companies have them: it makes tunnels (CONNECT), and passes on nothing else. */
export type ForwardProxy = {
  readonly url: string;
  /** the targets that it was asked for, in order */
  readonly asked: readonly string[];
  close(): Promise<void>;
};

/** @param credentials `user:password` that it wants, if any */
export async function startForwardProxy(credentials?: string): Promise<ForwardProxy> {
  const asked: string[] = [];
  const sockets = new Set<Duplex>();
  const server = createServer((_, response) => response.writeHead(403).end());
  server.on('connect', (request, socket: Duplex, head: Buffer) => {
    const wanted = credentials === undefined ? undefined : `Basic ${Buffer.from(credentials).toString('base64')}`;
    if (request.headers['proxy-authorization'] !== wanted) {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
      return;
    }
    asked.push(request.url ?? '');
    const { hostname, port } = new URL(`http://${request.url}`);
    const onward = connect(Number(port), hostname, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      if (head.length > 0) onward.write(head);
      onward.pipe(socket).pipe(onward);
    });
    for (const each of [onward, socket]) {
      sockets.add(each);
      each.on('close', () => sockets.delete(each));
      each.on('error', () => [onward, socket].map((end) => end.destroy()));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const place = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: `http://${credentials === undefined ? '' : `${credentials}@`}${place}`,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
        server.closeAllConnections();
      }),
  };
}
