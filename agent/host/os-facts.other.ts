import { platform, release, version } from 'node:os';
import type { OsFacts } from './os-facts.ts';

/** `os.version()` is the product's name on Windows ("Windows Server 2022 Datacenter"), and a kernel banner elsewhere. */
export function readOsFacts(): OsFacts {
  const name = platform() === 'win32' ? version() : platform() === 'darwin' ? 'macOS' : platform();
  return {
    os_name: name,
    os_version: release(),
    virtualization: undefined,
    // asking `Intl` would load its data, 8 MB: the program that finds the rest of the facts does
    timezone: process.env.TZ,
  };
}
