import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';

/** Stands between an agent and its server, passes everything on, and writes down which messages went by. */
export type WireTap = {
  /** what the agent takes for its server */
  readonly url: string;
  /** every message so far, in the order in which they went by */
  readonly messages: readonly TappedMessage[];
  close(): Promise<void>;
};

export type TappedMessage = { readonly from: 'server' | 'agent'; readonly type: string; readonly execution?: string };

export async function startWireTap(serverUrl: string): Promise<WireTap> {
  const messages: TappedMessage[] = [];
  const server = createServer((incoming, response) => passOn(serverUrl, incoming, response));
  const sockets = new WebSocketServer({ server, perMessageDeflate: false });

  sockets.on('connection', (agentSide, incoming) => {
    const serverSide = new WebSocket(serverUrl.replace(/^http/, 'ws') + incoming.url, { perMessageDeflate: false });
    const opened = once(serverSide, 'open');
    const relay = (from: TappedMessage['from'], source: WebSocket, target: WebSocket): void => {
      source.on('message', (data) => {
        const text = String(data);
        messages.push(...[JSON.parse(text)].flat().map(({ type, execution }) => ({ from, type, execution })));
        void opened.then(() => target.send(text));
      });
      source.on('close', () => target.close());
      source.on('error', () => target.terminate());
    };
    relay('agent', agentSide, serverSide);
    relay('server', serverSide, agentSide);
  });

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    messages,
    async close() {
      for (const socket of sockets.clients) socket.terminate();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Enrolment and downloads. */
function passOn(serverUrl: string, incoming: IncomingMessage, response: ServerResponse): void {
  const options = { method: incoming.method, headers: { ...incoming.headers, connection: 'close' } };
  const onward = request(serverUrl + incoming.url, options, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  onward.on('error', () => response.destroy());
  incoming.pipe(onward);
}
