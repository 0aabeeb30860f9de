import * as z from 'zod';

/** A network in CIDR notation, taken apart. */
export type Network = { readonly address: string; readonly prefix: number; readonly family: 'ipv4' | 'ipv6' };

/** `192.0.2.1`, `10.0.0.0/8`, `2001:db8::/32`, or `loopback` for this host. @returns undefined for anything else */
export function parseNetwork(text: string): readonly Network[] | undefined {
  if (text === 'loopback')
    return [
      { address: '127.0.0.0', prefix: 8, family: 'ipv4' },
      { address: '::1', prefix: 128, family: 'ipv6' },
    ];
  const [address = '', length, ...rest] = text.split('/');
  const version = z.ipv4().safeParse(address).success ? 4 : z.ipv6().safeParse(address).success ? 6 : undefined;
  if (version === undefined || rest.length > 0 || (length !== undefined && !/^\d{1,3}$/.test(length))) return undefined;
  const most = version === 6 ? 128 : 32;
  const prefix = length === undefined ? most : Number(length);
  return prefix > most ? undefined : [{ address, prefix, family: version === 6 ? 'ipv6' : 'ipv4' }];
}
