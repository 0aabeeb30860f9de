import { lookup as resolve } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';

/** An address that is not to be reached, with `blockPrivate`. */
export class AddressRefused extends Error {}

/** Throws if a host that is written as an address is a private one; names are looked at by `publicLookup`. */
export function refusePrivateHost(hostname: string): void {
  const host = hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) !== 0 && isPrivate(host)) throw refused(hostname, host);
}

/**
 * Resolves names to their public addresses alone. The connection goes to what was looked at here, so that a name which changes its address
 * between a check and the connection gains nothing.
 */
export const publicLookup: LookupFunction = (hostname, options, callback) => {
  resolve(hostname, { ...options, all: true }, (error, addresses) => {
    if (error !== null) {
      callback(error, [], 0);
      return;
    }
    const open = addresses.filter(({ address }) => !isPrivate(address));
    const [first] = open;
    if (first === undefined) callback(refused(hostname, addresses[0]?.address ?? 'no address'), [], 0);
    else if (options.all === true) callback(null, open);
    else callback(null, first.address, first.family);
  });
};

export function isPrivate(address: string): boolean {
  return notPublic.check(address.split('%')[0] ?? '', isIP(address.split('%')[0] ?? '') === 6 ? 'ipv6' : 'ipv4');
}

const refused = (host: string, address: string): AddressRefused =>
  new AddressRefused(
    `${host} is ${host === address ? '' : `at ${address}, `}not a public address, which \`blockPrivate\` refuses.`,
  );

const ranges: readonly (readonly [network: string, prefix: number, family: 'ipv4' | 'ipv6'])[] = [
  ['0.0.0.0', 8, 'ipv4'], ['10.0.0.0', 8, 'ipv4'], ['100.64.0.0', 10, 'ipv4'], ['127.0.0.0', 8, 'ipv4'], ['169.254.0.0', 16, 'ipv4'],
  ['172.16.0.0', 12, 'ipv4'], ['192.0.0.0', 24, 'ipv4'], ['192.0.2.0', 24, 'ipv4'], ['192.168.0.0', 16, 'ipv4'], ['198.18.0.0', 15, 'ipv4'],
  ['198.51.100.0', 24, 'ipv4'], ['203.0.113.0', 24, 'ipv4'], ['224.0.0.0', 3, 'ipv4'],
  // unspecified, loopback, what stands for an IPv4 address by translation, documentation, unique local, link-local, multicast
  ['::', 128, 'ipv6'], ['::1', 128, 'ipv6'], ['::', 96, 'ipv6'], ['64:ff9b::', 96, 'ipv6'], ['64:ff9b:1::', 48, 'ipv6'], ['2002::', 16, 'ipv6'],
  ['2001::', 32, 'ipv6'], ['2001:db8::', 32, 'ipv6'], ['fc00::', 7, 'ipv6'], ['fe80::', 10, 'ipv6'], ['fec0::', 10, 'ipv6'], ['ff00::', 8, 'ipv6'],
]; // biome-ignore format: a table

const notPublic = new BlockList();
for (const [network, prefix, family] of ranges) notPublic.addSubnet(network, prefix, family);
