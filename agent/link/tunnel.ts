import { Agent, type AgentOptions, request } from 'node:http';
import type { Duplex } from 'node:stream';
import { connect as startTls } from 'node:tls';

/** What `http.request` asks for a connection with, as far as it matters here. */
type Wanted = { readonly host?: string; readonly port?: number; readonly servername?: string };
type Connected = (error: Error | null, socket?: Duplex) => void;

const answerMs = 30_000;

/**
 * The way to a server through an HTTP proxy, by CONNECT, for plain HTTP as well: of a socket that is upgraded to a WebSocket most proxies pass
 * on nothing, but a tunnel they leave alone.
 * @param proxy `http://host:port`, with user and password before the host if the proxy wants them
 */
export function tunnelThrough(proxy: string, secure: boolean): Agent {
  const agent = new Agent({ keepAlive: false } satisfies AgentOptions);
  const createConnection = (wanted: Wanted, connected: Connected): void => {
    connect(proxy, wanted).then(
      (socket) => (secure ? encrypted(socket, wanted, connected) : connected(null, socket)),
      (error: Error) => connected(error),
    );
  };
  // the protocol is what `https.request` looks at, to refuse an agent that does not encrypt
  return Object.assign(agent, { createConnection }, secure ? { protocol: 'https:', defaultPort: 443 } : {}) as Agent;
}

function connect(proxy: string, { host = '', port = 80 }: Wanted): Promise<Duplex> {
  const { hostname, port: proxyPort, username, password } = new URL(proxy);
  const target = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const credentials = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64');
  return new Promise((resolve, reject) => {
    const asking = request({
      host: hostname.replace(/^\[|\]$/g, ''),
      port: proxyPort === '' ? 80 : Number(proxyPort),
      method: 'CONNECT',
      path: target,
      headers: { host: target, ...(username === '' ? {} : { 'proxy-authorization': `Basic ${credentials}` }) },
      agent: false,
      timeout: answerMs,
    });
    asking.on('timeout', () => asking.destroy(new Error(`the proxy ${hostname} did not answer`)));
    asking.on('error', reject);
    asking.on('response', ({ statusCode }) => reject(new Error(`the proxy ${hostname} answered ${statusCode}`)));
    asking.on('connect', ({ statusCode }, socket) => {
      if (statusCode === 200) {
        socket.setTimeout(0);
        resolve(socket);
      } else {
        socket.destroy();
        reject(new Error(`the proxy ${hostname} refuses the way to ${target} with status ${statusCode}`));
      }
    });
    asking.end();
  });
}

function encrypted(socket: Duplex, wanted: Wanted, connected: Connected): void {
  const { host = '', servername } = wanted;
  const tls = startTls({ socket, host, ...(servername === undefined || servername === '' ? {} : { servername }) });
  tls.once('secureConnect', () => connected(null, tls));
  tls.once('error', (error) => connected(error));
}
