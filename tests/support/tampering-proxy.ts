import { createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Somebody between a host and its server, who changes what it likes. */
export type TamperingProxy = {
  readonly url: string;
  /** What becomes of the bytes of this path; undefined for the rest of it: the line is cut there. */
  tamper(path: string, change: (body: Buffer) => { readonly body: Buffer; readonly isCut?: boolean }): void;
  close(): Promise<void>;
};

export async function startTamperingProxy(target: string): Promise<TamperingProxy> {
  const changes = new Map<string, Parameters<TamperingProxy['tamper']>[1]>();
  const server = createServer((incoming, outgoing) => {
    const path = incoming.url ?? '/';
    const onward = request(new URL(path, target), { method: incoming.method, agent: false }, (answer) => {
      void bodyOf(answer).then((whole) => {
        const { body, isCut = false } = changes.get(path)?.(whole) ?? { body: whole };
        outgoing.writeHead(answer.statusCode ?? 500, { 'content-length': isCut ? whole.length : body.length });
        outgoing.write(body, () => (isCut ? outgoing.destroy() : outgoing.end()));
      });
    });
    onward.on('error', () => outgoing.destroy());
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tamper: (path, change) => void changes.set(path, change),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function bodyOf(answer: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of answer as AsyncIterable<Buffer>) parts.push(part);
  return Buffer.concat(parts);
}
