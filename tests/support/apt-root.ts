import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * A system of packages of its own for the real apt and dpkg: a root folder without any package, and a repository of a few that are built
 * here. Nothing outside of it is read or changed, and nothing comes over the network.
 */
export type AptRoot = {
  /** makes apt and dpkg work there */
  readonly env: Readonly<Record<string, string>>;
  readonly folder: string;
  /** Puts a package into the repository; `apt-get update` finds it. */
  publish(pkg: { name: string; version: string; depends?: string; files?: Readonly<Record<string, string>> }): void;
  close(): void;
};

export function makeAptRoot(): AptRoot {
  const folder = mkdtempSync(join(tmpdir(), 'muster-apt-'));
  const at = (...parts: string[]): string => join(folder, ...parts);
  for (const dir of [
    'var/lib/dpkg/info',
    'var/lib/dpkg/updates',
    'var/lib/dpkg/triggers',
    'var/lib/apt/lists/partial',
    'var/log/apt',
  ])
    mkdirSync(at(dir), { recursive: true });
  for (const dir of [
    'var/cache/apt/archives/partial',
    'etc/apt/apt.conf.d',
    'etc/apt/preferences.d',
    'etc/apt/trusted.gpg.d',
    'repo',
  ])
    mkdirSync(at(dir), { recursive: true });
  for (const file of ['var/lib/dpkg/status', 'var/lib/dpkg/available', 'repo/Packages']) writeFileSync(at(file), '');
  writeFileSync(at('etc/apt/sources.list'), `deb [trusted=yes] file:${at('repo')} ./\n`);
  writeFileSync(
    at('apt.conf'),
    `Dir "${folder}";
Dir::State::status "${at('var/lib/dpkg/status')}";
Dir::Bin::dpkg "/usr/bin/dpkg";
Dir::Bin::methods "/usr/lib/apt/methods";
DPkg::Options { "--root=${folder}"; };
APT::Sandbox::User "root";
`,
  );
  const packages: string[] = [];

  return {
    folder,
    env: { APT_CONFIG: at('apt.conf'), DPKG_ADMINDIR: at('var/lib/dpkg'), DPKG_ROOT: folder },
    publish({ name, version, depends, files = {} }) {
      const tree = at('build', `${name}-${version}`);
      mkdirSync(join(tree, 'DEBIAN'), { recursive: true });
      const control = `Package: ${name}\nVersion: ${version}\nArchitecture: all\nMaintainer: Test <test@example.com>\nDescription: a package for a test\n${depends === undefined ? '' : `Depends: ${depends}\n`}`;
      writeFileSync(join(tree, 'DEBIAN/control'), control);
      for (const [path, text] of Object.entries(files)) {
        mkdirSync(join(tree, path, '..'), { recursive: true });
        writeFileSync(join(tree, path), text);
      }
      const conffiles = Object.keys(files).filter((path) => path.startsWith('etc/'));
      if (conffiles.length > 0) writeFileSync(join(tree, 'DEBIAN/conffiles'), conffiles.map((path) => `/${path}\n`).join(''));
      const file = `${name}_${version}_all.deb`;
      execFileSync('dpkg-deb', ['--build', '--root-owner-group', tree, at('repo', file)], { stdio: 'ignore' });
      const deb = readFileSync(at('repo', file));
      const sha256 = createHash('sha256').update(deb).digest('hex');
      packages.push(`${control}Filename: ./${file}\nSize: ${deb.length}\nSHA256: ${sha256}\n`);
      writeFileSync(at('repo/Packages'), packages.join('\n'));
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}
