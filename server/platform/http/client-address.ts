import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';
import type { Network } from '../../../shared/networks.ts';

/** Who really asks, behind proxies that are trusted to say so; of everybody else the headers are not believed. */
export type Clients = {
  /** The address of the far side: of the socket, or as a trusted proxy tells it. Null when the socket is gone. */
  addressOf(request: IncomingMessage): string | null;
  /**
   * Takes away what nobody trusted has said. Afterwards `x-forwarded-proto` and `x-forwarded-host` are true or absent, and the former says
   * `https` as well when this server speaks TLS itself.
   */
  purge(request: IncomingMessage): void;
};

export function createClients(trusted: readonly Network[], ownTls: boolean): Clients {
  const proxies = new BlockList();
  for (const { address, prefix, family } of trusted) proxies.addSubnet(address, prefix, family);

  const isProxy = (address: string): boolean => {
    const family = isIP(address);
    return family !== 0 && proxies.check(address, family === 6 ? 'ipv6' : 'ipv4');
  };

  return {
    addressOf(request) {
      const socket = plain(request.socket.remoteAddress);
      if (socket === null || trusted.length === 0 || !isProxy(socket)) return socket;
      // each proxy appends whom it heard: from the right, the first that is no proxy of ours is the client
      const told = listOf(request.headers['x-forwarded-for']).map((each) => plain(withoutPort(each)));
      const client = told.findLast((address) => address === null || !isProxy(address));
      if (client === undefined) return told[0] ?? socket;
      // what a trusted proxy passed on is not an address: nothing is known but the proxy
      return client !== null && isIP(client) !== 0 ? client : socket;
    },
    purge({ headers, socket }) {
      const address = plain(socket.remoteAddress);
      const [proto] = listOf(headers['x-forwarded-proto']);
      const [host] = listOf(headers['x-forwarded-host']);
      const isTold = address !== null && trusted.length > 0 && isProxy(address);
      set(headers, 'x-forwarded-host', isTold ? host : undefined);
      set(headers, 'x-forwarded-proto', isTold && proto !== undefined ? proto.toLowerCase() : ownTls ? 'https' : undefined);
    },
  };
}

function set(headers: IncomingMessage['headers'], name: string, value: string | undefined): void {
  if (value !== undefined) headers[name] = value;
  else if (name in headers) delete headers[name];
}

const listOf = (header: string | readonly string[] | undefined): string[] =>
  (typeof header === 'string' ? header : (header ?? []).join(','))
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '');

/** Some proxies add the port of the client: `192.0.2.1:5000`, `[2001:db8::1]:5000`. */
const withoutPort = (text: string): string =>
  /^\[([^\]]+)\](?::\d+)?$/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text;

/** IPv4 as such, also on a listener that serves both families. */
const plain = (address: string | undefined): string | null =>
  address === undefined ? null : address.startsWith('::ffff:') ? address.slice(7) : address;
