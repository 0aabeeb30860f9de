import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Bytes since the start of the host, over all interfaces that lead out of it. */
export type NetworkBytes = { readonly received: number; readonly transmitted: number };

/** Undefined where the platform does not tell, or not now. */
export type ReadNetworkBytes = () => Promise<NetworkBytes | undefined>;

/**
 * One small file on Linux. Elsewhere a system program of a few milliseconds: the library that knows the facts of a host would start a
 * PowerShell for each look.
 */
export const readNetworkBytes: ReadNetworkBytes = async () => {
  try {
    if (process.platform === 'linux') return parseProcNetDev(readFileSync('/proc/net/dev', 'latin1'));
    if (process.platform === 'win32') return parseWindowsNetstat(await printed('netstat', ['-e']));
    if (process.platform === 'darwin') return parseMacNetstat(await printed('/usr/sbin/netstat', ['-ibn']));
    return undefined;
  } catch {
    return undefined;
  }
};

/** Two lines of headings, then per interface `eth0: bytes packets …`, eight columns received and eight transmitted. */
export function parseProcNetDev(text: string): NetworkBytes {
  return sumOf(
    [...text.matchAll(/^\s*([^:\s]+):\s*(.+)$/gm)].map(([, name = '', numbers = '']) => {
      const columns = numbers.trim().split(/\s+/).map(Number);
      return { name, received: columns[0] ?? 0, transmitted: columns[8] ?? 0 };
    }),
  );
}

/** Words are in the language of the host, so the first line that ends in two numbers is taken: the bytes of all interfaces. */
export function parseWindowsNetstat(text: string): NetworkBytes | undefined {
  const match = /^.*?\s(\d+)\s+(\d+)\s*$/m.exec(text);
  return match === null ? undefined : { received: Number(match[1]), transmitted: Number(match[2]) };
}

/** `Name Mtu <Link#4> [address] Ipkts Ierrs Ibytes Opkts Oerrs Obytes Coll`: the address may be missing, so columns count from the end. */
export function parseMacNetstat(text: string): NetworkBytes {
  return sumOf(
    text
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter((columns) => columns[2]?.startsWith('<Link#'))
      .map((columns) => ({
        name: columns[0] ?? '',
        received: Number(columns.at(-5)),
        transmitted: Number(columns.at(-2)),
      })),
  );
}

/** What passes a bridge, a tunnel or a bond passes a real interface too, and is counted there. */
const isInner = (name: string): boolean =>
  /^(lo\d*\*?$|docker|br-|bridge|veth|virbr|cni|flannel|cali|tun|utun|tap|wg|bond|team|dummy|ifb|awdl|llw|gif|stf)/.test(name);

function sumOf(interfaces: readonly (NetworkBytes & { readonly name: string })[]): NetworkBytes {
  const outer = interfaces.filter(({ name }) => !isInner(name));
  return {
    received: outer.reduce((sum, { received }) => sum + received, 0),
    transmitted: outer.reduce((sum, { transmitted }) => sum + transmitted, 0),
  };
}

const printed = (file: string, args: readonly string[]): Promise<string> =>
  new Promise((resolve, reject) => {
    execFile(file, args, { timeout: 5000, windowsHide: true }, (error, stdout) =>
      error === null ? resolve(stdout) : reject(error),
    );
  });
