import { hostname } from 'node:os';
import { isLoopback } from '../../cli/connection.ts';

/** What a server is set up with, by its flags; what is not given has its default, or is as the settings of this host say. */
export type ServerSetup = {
  readonly port?: string | undefined;
  readonly host?: string | undefined;
  readonly 'public-url'?: string | undefined;
  /** a whole path */
  readonly 'data-dir'?: string | undefined;
};

export const flagsOf = (settings: ServerSetup): string[] =>
  Object.entries(settings).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}=${value}`]));

/** Under which addresses a server with these settings is reached. */
export type ServerAddresses = {
  /** from this host */
  readonly here: string;
  /** from other hosts; undefined: it listens for this host alone */
  readonly forOthers: string | undefined;
};

type Listener = {
  readonly host: string;
  readonly port: number;
  readonly tlsCert: string | undefined;
  readonly publicUrl: string | undefined;
};

export function addressesOf({ host, port, tlsCert, publicUrl }: Listener): ServerAddresses {
  const url = (name: string): string =>
    `${tlsCert === undefined ? 'http' : 'https'}://${name.includes(':') ? `[${name}]` : name}:${port}`;
  const isEvery = host === '0.0.0.0' || host === '::';
  // nobody can connect to "every address"
  const here = url(isEvery ? (host === '::' ? '::1' : '127.0.0.1') : host);
  if (publicUrl !== undefined) return { here, forOthers: publicUrl };
  return { here, forOthers: isLoopback(host) ? undefined : url(isEvery ? hostname() : host) };
}
