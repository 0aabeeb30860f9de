import { existsSync, readFileSync, readlinkSync } from 'node:fs';
import type { OsFacts } from './os-facts.ts';

export function readOsFacts(): OsFacts {
  const release = parseOsRelease(read('/etc/os-release') ?? read('/usr/lib/os-release') ?? '');
  return {
    os_name: release.get('NAME') ?? 'Linux',
    os_version: release.get('VERSION_ID') ?? '',
    virtualization: container() ?? machine(),
    timezone: timezone(),
  };
}

/** `KEY=value` or `KEY="value"` per line. */
export function parseOsRelease(text: string): Map<string, string> {
  const pairs = [...text.matchAll(/^([A-Z_]+)=(?:"([^"\n]*)"|'([^'\n]*)'|(.*))$/gm)];
  return new Map(pairs.map(([, key = '', double, single, bare]) => [key, double ?? single ?? bare ?? '']));
}

function container(): string | undefined {
  const told = read('/run/systemd/container')?.trim();
  if (told) return told;
  if (existsSync('/.dockerenv')) return 'docker';
  if (existsSync('/run/.containerenv')) return 'podman';
  if (process.env.KUBERNETES_SERVICE_HOST !== undefined) return 'kubernetes';
  return undefined;
}

const vendors: readonly [RegExp, string][] = [
  [/qemu|kvm/i, 'kvm'],
  [/vmware/i, 'vmware'],
  [/virtualbox|innotek/i, 'virtualbox'],
  [/microsoft corporation virtual machine/i, 'hyper-v'],
  [/xen/i, 'xen'],
  [/amazon ec2/i, 'amazon'],
  [/google compute engine/i, 'google'],
];

function machine(): string | undefined {
  const board = ['sys_vendor', 'product_name'].map((name) => read(`/sys/class/dmi/id/${name}`)?.trim() ?? '').join(' ');
  const known = vendors.find(([pattern]) => pattern.test(board))?.[1];
  if (known !== undefined) return known;
  return /^flags\s*:.*\bhypervisor\b/m.test(read('/proc/cpuinfo') ?? '') ? 'vm' : undefined;
}

/** Asking `Intl` would load its data: 8 MB for one word. */
function timezone(): string | undefined {
  if (process.env.TZ) return process.env.TZ.replace(/^:/, '');
  try {
    return /zoneinfo\/(.+)$/.exec(readlinkSync('/etc/localtime'))?.[1];
  } catch {
    return read('/etc/timezone')?.trim() || undefined;
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
