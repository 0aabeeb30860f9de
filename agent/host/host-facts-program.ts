import { statfs } from 'node:fs/promises';
import { constants, setPriority } from 'node:os';
import type { Facts } from '../../shared/metrics.ts';
import { factsOf, readHostFacts } from './host-facts.ts';

/** A file system or a service that does not answer may hold up a look for ever, also when nobody waits for it any more. */
const maxMs = 60_000;

/**
 * The main of the internal subcommand `host-facts`: prints all facts of this host as one line of JSON. A process of its own, because the
 * library that knows them would cost an agent 10 MB for as long as it lives, and starts programs.
 */
export async function runHostFacts(): Promise<void> {
  setTimeout(() => process.exit(1), maxMs);
  setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
  const facts: Facts = { ...(await readDetails()), ...(await readHostFacts()) };
  process.stdout.write(`${JSON.stringify(facts)}\n`, () => process.exit(0));
}

/** What Node and /proc do not tell. Nothing that names the one machine (serial numbers, MAC addresses), nothing that changes by itself. */
async function readDetails(): Promise<Facts> {
  const { cpu, networkInterfaceDefault, osInfo, system } = await import('systeminformation');
  const [os, machine, processor, networkInterface, disk] = await Promise.all([
    known(osInfo()),
    known(system()),
    known(cpu()),
    known(networkInterfaceDefault()),
    known(statfs(systemDisk())),
  ]);
  return factsOf({
    fqdn: os?.fqdn,
    os_distro: os?.distro,
    os_release: os?.release,
    os_codename: os?.codename,
    manufacturer: machine?.manufacturer,
    model: machine?.model,
    virtual: machine?.virtual,
    hypervisor: machine?.virtualHost,
    cpu_manufacturer: processor?.manufacturer,
    cpu_physical_cores: processor?.physicalCores,
    cpu_sockets: processor?.processors,
    disk_gb: disk === undefined ? undefined : Math.round((disk.bsize * disk.blocks) / 2 ** 30),
    network_interface: networkInterface,
    timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  });
}

/** What one look fails to find must not cost what the others found. */
const known = <Found>(look: Promise<Found>): Promise<Found | undefined> => look.catch(() => undefined);

const systemDisk = (): string => (process.platform === 'win32' ? `${process.env.SystemDrive ?? 'C:'}\\` : '/');
