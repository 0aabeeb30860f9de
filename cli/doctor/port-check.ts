import { createServer } from 'node:net';
import type { Finding } from '../output/findings.ts';
import { portHolder } from './port-holder.ts';

const what = 'port';

/** @param isOurs whether a Muster server answers there */
export async function checkPort(host: string, port: number, isOurs: boolean): Promise<Finding> {
  if (port === 0) return { level: 'ok', what, detail: 'any free one' };
  const failure = await listenOnce(host, port);
  if (failure === undefined) return { level: 'ok', what, detail: `${port} on ${host} is free` };
  if (isOurs) return { level: 'ok', what, detail: `${port} on ${host} is that of the server` };
  switch (failure.code) {
    case 'EADDRINUSE':
      return {
        level: 'fail',
        what,
        detail: `${port} on ${host} is taken by ${portHolder(port) ?? 'another program'}.`,
        remedy: 'End it, or choose another port with MUSTER_PORT or --port.',
      };
    case 'EACCES':
      return {
        level: 'fail',
        what,
        detail: `This user may not listen on port ${port}.`,
        remedy: 'Choose a port above 1023 with MUSTER_PORT or --port.',
      };
    default:
      return {
        level: 'fail',
        what,
        detail: `Nothing can listen on ${host}: ${failure.message}.`,
        remedy: 'Set MUSTER_HOST to an address of this host.',
      };
  }
}

function listenOnce(host: string, port: number): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', resolve);
    server.listen(port, host, () => server.close(() => resolve(undefined)));
  });
}
