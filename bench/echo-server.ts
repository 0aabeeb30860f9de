import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';

/** The far side of the echo: parses each message and writes it anew. Says its port on standard output. */
const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
server.on('connection', (socket) => {
  socket.on('message', (data) => socket.send(JSON.stringify(JSON.parse(String(data)))));
});
server.on('listening', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
