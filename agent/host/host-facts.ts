import { arch, cpus, hostname, type NetworkInterfaceInfo, networkInterfaces, platform, release, totalmem } from 'node:os';
import type { Facts } from '../../shared/metrics.ts';
import { agentCommit, agentVersion } from '../version.ts';

/**
 * What is cheap to know of this host: flat, small and stable, for target expressions such as `fact:os_name=Debian*`. Read from Node and
 * /proc alone; `host-facts-program.ts` finds the rest.
 */
export async function readHostFacts(): Promise<Facts> {
  const { readOsFacts } =
    process.platform === 'linux' ? await import('./os-facts.linux.ts') : await import('./os-facts.other.ts');
  const { os_name, os_version, virtualization, timezone } = readOsFacts();
  const cores = cpus();
  return factsOf({
    hostname: hostname(),
    os: platform(),
    os_name,
    os_version,
    kernel: release(),
    arch: arch(),
    cpus: cores.length,
    cpu_model: cores[0]?.model.trim(),
    memory_gb: Math.round((totalmem() / 2 ** 30) * 10) / 10,
    ip: mainAddress(networkInterfaces()),
    virtualization,
    timezone,
    agent_version: agentVersion,
    agent_commit: agentCommit ?? undefined,
    node_version: process.versions.node,
  });
}

/** By which a person tells this host from another one with the same identity. */
export const readHostLabel = (): { name: string; address: string } => ({
  name: hostname().slice(0, 255),
  address: (mainAddress(networkInterfaces()) ?? '').slice(0, 64),
});

/** Without what is not known. */
export function factsOf(known: Readonly<Record<string, string | number | boolean | undefined>>): Facts {
  return Object.fromEntries(Object.entries(known).flatMap(([key, value]) => factOf(key, value)));
}

/** The first address that is not the host's own; bridges and the like of containers come last. IPv4 before IPv6. */
export function mainAddress(interfaces: NodeJS.Dict<NetworkInterfaceInfo[]>): string | undefined {
  const isVirtual = (name: string): boolean => /^(docker|veth|br-|virbr|cni|flannel|vEthernet)/.test(name);
  const addresses = Object.entries(interfaces)
    .sort(([a], [b]) => Number(isVirtual(a)) - Number(isVirtual(b)))
    .flatMap(([, infos]) => infos ?? [])
    .filter(({ internal, address }) => !internal && !address.startsWith('fe80'));
  return (addresses.find(({ family }) => family === 'IPv4') ?? addresses[0])?.address;
}

function factOf(key: string, value: string | number | boolean | undefined): [string, string | number | boolean][] {
  if (typeof value !== 'string') return value === undefined ? [] : [[key, value]];
  const text = value.trim().slice(0, 500);
  return text === '' || isPlaceholder(text) ? [] : [[key, text]];
}

/** What vendors of mainboards leave in the fields that they should fill in. */
const isPlaceholder = (text: string): boolean =>
  /^(-|none|unknown|default string|not specified|to be filled by o\.e\.m\.|system (manufacturer|product name))$/i.test(text);
