import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';

/** A URL on this host where nobody listens. */
export const closedUrl = async (): Promise<string> => `http://127.0.0.1:${await closedPort()}`;

/** A port of this host where nobody listens. */
export async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
