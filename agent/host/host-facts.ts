import { arch, cpus, hostname, type NetworkInterfaceInfo, networkInterfaces, platform, release, totalmem } from 'node:os';
import type { Facts } from '../../shared/metrics.ts';
import { agentVersion } from '../version.ts';

/**
 * What is known of this host: flat, small and stable, for target expressions such as `fact:os_name=Debian*`. Read from Node and /proc
 * alone: a library for this would cost every host 10 MB of memory, and would start programs.
 */
export async function readHostFacts(): Promise<Facts> {
  const { readOsFacts } =
    process.platform === 'linux' ? await import('./os-facts.linux.ts') : await import('./os-facts.other.ts');
  const { os_name, os_version, virtualization, timezone } = readOsFacts();
  const cores = cpus();
  const known: Record<string, string | number | undefined> = {
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
    node_version: process.versions.node,
  };
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

function factOf(key: string, value: string | number | undefined): [string, string | number][] {
  if (value === undefined || value === '') return [];
  return [[key, typeof value === 'string' ? value.slice(0, 500) : value]];
}
