/**
 * Keeps package-lock.json usable on every platform and with every registry: `node scripts/lockfile.ts` after `npm install`.
 *
 * npm leaves out the packages for other platforms (`@swc/core-win32-x64-msvc`, …) when its registry does not carry
 * them, and then its own `npm ci` refuses the file as incomplete. They are added here by name and version; npm skips
 * them where they do not fit, and fetches them where they do. `--check` only says what is wrong.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

interface LockedPackage {
  version?: string;
  resolved?: string;
  dev?: boolean;
  optional?: boolean;
  os?: string[];
  cpu?: string[];
  libc?: string[];
  optionalDependencies?: Record<string, string>;
}

export interface Lockfile {
  packages: Record<string, LockedPackage>;
}

/** What the lock file should hold besides: the optional packages that some package names and no entry has. */
export function missingPackages({ packages }: Lockfile): Map<string, LockedPackage> {
  const missing = new Map<string, LockedPackage>();
  for (const parent of Object.values(packages)) {
    for (const [name, version] of Object.entries(parent.optionalDependencies ?? {})) {
      const platform = platformOf(name);
      const isLocked = Object.keys(packages).some((place) => place.endsWith(`node_modules/${name}`));
      if (isLocked || platform === undefined || !/^\d/.test(version)) continue;
      const { cpu, libc, os } = platform;
      missing.set(`node_modules/${name}`, {
        version,
        cpu,
        ...(parent.dev && { dev: true }),
        ...(libc && { libc }),
        optional: true,
        os,
      });
    }
  }
  return missing;
}

/** The download addresses in it; there should be none, they bind everyone to one registry. */
export function addressesIn({ packages }: Lockfile): string[] {
  return Object.values(packages).flatMap(({ resolved }) => (resolved?.startsWith('http') ? [resolved] : []));
}

const platformName =
  /[/-](linux|darwin|win32|android|freebsd|openharmony|aix|sunos|netbsd|openbsd)-(arm64|arm|x64|ia32|ppc64|riscv64|s390x|loong64)(?:-(gnu|musl))?/;

function platformOf(name: string): Pick<LockedPackage, 'os' | 'cpu' | 'libc'> | undefined {
  const [, os, cpu, libc] = platformName.exec(name) ?? [];
  if (os === undefined || cpu === undefined) return undefined;
  const libcs = libc && os === 'linux' ? { libc: [libc === 'gnu' ? 'glibc' : 'musl'] } : {};
  return { os: [os], cpu: [cpu], ...libcs };
}

function main(mode: 'check' | 'write'): void {
  const file = fileURLToPath(new URL('../package-lock.json', import.meta.url));
  const lockfile = JSON.parse(readFileSync(file, 'utf8')) as Lockfile;
  const missing = missingPackages(lockfile);
  const addresses = addressesIn(lockfile);

  if (mode === 'write' && missing.size > 0) {
    const sorted = [...Object.entries(lockfile.packages), ...missing].sort(([a], [b]) => a.localeCompare(b, 'en'));
    writeFileSync(file, `${JSON.stringify({ ...lockfile, packages: Object.fromEntries(sorted) }, null, 2)}\n`);
  }
  for (const address of addresses) console.log(`names a registry: ${address}`);
  for (const name of missing.keys()) console.log(`${mode === 'write' ? 'added' : 'missing'} ${name}`);
  const isWrong = addresses.length > 0 || (mode === 'check' && missing.size > 0);
  if (isWrong) console.log('package-lock.json: run `npm install`, then `node scripts/lockfile.ts`');
  process.exitCode = isWrong ? 1 : 0;
}

if (import.meta.main) main(process.argv.includes('--check') ? 'check' : 'write');
