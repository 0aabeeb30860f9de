import { readFile } from 'node:fs/promises';
import * as os from 'node:os';
import type { PluginResult } from '../../shared/plugin-api.ts';

export async function main(): Promise<PluginResult> {
  const cpus = os.cpus();
  const hostname = os.hostname();
  const system = (await distribution()) ?? `${os.type()} ${os.release()}`;
  const data = {
    hostname,
    platform: process.platform,
    system,
    kernel: os.release(),
    kernelVersion: os.version(),
    arch: os.arch(),
    // a process may see no processor at all, in a sandbox or an emulator
    cpus: cpus.length || os.availableParallelism(),
    cpuModel: cpus[0]?.model.trim() ?? 'unknown',
    memoryBytes: os.totalmem(),
    memoryFreeBytes: os.freemem(),
    loadAverage: os.loadavg().map((load) => Math.round(load * 100) / 100),
    uptimeSeconds: Math.floor(os.uptime()),
    user: userName(),
    timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    nodeVersion: process.versions.node,
    addresses: addresses(),
  };
  return { status: 'success', message: `${hostname}: ${system}, ${data.cpus} CPUs, ${gibibytes(data.memoryBytes)} GiB.`, data };
}

/** Addresses by which others can reach the host: neither loopback nor link-local. */
function addresses(): { interface: string; family: string; address: string; mac: string }[] {
  return Object.entries(os.networkInterfaces()).flatMap(([name, infos = []]) =>
    infos
      .filter((info) => !info.internal && !info.address.startsWith('fe80:'))
      .map(({ family, address, mac }) => ({ interface: name, family, address, mac })),
  );
}

/** As a Linux distribution calls itself, such as `Debian GNU/Linux 12 (bookworm)`. */
async function distribution(): Promise<string | undefined> {
  try {
    return /^PRETTY_NAME="?(.*?)"?$/m.exec(await readFile('/etc/os-release', 'utf8'))?.[1];
  } catch {
    return undefined; // not a Linux that says so
  }
}

function userName(): string {
  try {
    return os.userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown'); // a user without an entry, as in many containers
  }
}

const gibibytes = (bytes: number): number => Math.round((bytes / 2 ** 30) * 10) / 10;
