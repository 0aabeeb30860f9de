import type { PackageManager, Wanted } from './package-manager.ts';
import { type ProgramEnd, runProgram } from './run-program.ts';

/** dnf 4 and 5, with rpm for what is installed. dnf waits for its own lock. */
export function createDnf(): PackageManager {
  const query = (file: string, ...args: string[]): Promise<ProgramEnd> => runProgram(file, args, { quiet: true });

  async function dnf(args: readonly string[], dryRun = false): Promise<void> {
    // a dry run answers "no" to the plan that it printed, and says so by its exit code
    const end = await runProgram('dnf', [dryRun ? '--assumeno' : '-y', ...args]);
    const isDeclined = dryRun && end.exitCode === 1 && /aborted/i.test(`${end.stdout} ${end.complaints.join(' ')}`);
    if (end.exitCode !== 0 && !isDeclined) throw new Error(dnfFault(end));
  }

  return {
    name: 'dnf',
    async installed() {
      const { exitCode, stdout, complaints } = await query('rpm', '-qa', '--qf', '%{NAME}\\t%{VERSION}-%{RELEASE}\\n');
      if (exitCode !== 0) throw new Error(complaints.at(-1) ?? 'rpm could not tell what is installed.');
      return parseRpm(stdout);
    },
    async install(wanted, { recommends, allowDowngrade, dryRun }) {
      const weak = recommends === undefined ? [] : [`--setopt=install_weak_deps=${recommends ? 'True' : 'False'}`];
      const downgrade = allowDowngrade ? wanted.filter(({ version }) => version !== undefined) : [];
      await dnf(['install', ...weak, ...wanted.map(pinned)], dryRun);
      if (downgrade.length === 0) return;
      const present = parseRpm((await query('rpm', '-qa', '--qf', '%{NAME}\\t%{VERSION}-%{RELEASE}\\n')).stdout);
      const left = downgrade.filter(({ name, version }) => !hasVersion(present.get(name), version));
      if (left.length > 0) await dnf(['downgrade', ...left.map(pinned)], dryRun);
    },
    remove: (names, { removeUnused, dryRun }) =>
      dnf(
        [
          'remove',
          ...(removeUnused === undefined ? [] : [`--setopt=clean_requirements_on_remove=${removeUnused ? 'True' : 'False'}`]),
          ...names,
        ],
        dryRun,
      ),
    update: () => dnf(['makecache', '--refresh']),
    upgrade: (names, { dryRun }) => dnf(['upgrade', ...names], dryRun),
    async upgradable() {
      const end = await query('dnf', '-q', 'check-upgrade');
      if (end.exitCode !== 0 && end.exitCode !== 100) throw new Error(dnfFault(end));
      return parseCheck(end.stdout);
    },
    async candidate(name) {
      const end = await query('dnf', '-q', 'repoquery', '--latest-limit=1', '--qf', '%{version}-%{release}\\n', name);
      if (end.exitCode !== 0) throw new Error(dnfFault(end));
      return end.stdout.trim().split('\n').at(-1) || undefined;
    },
  };
}

const pinned = ({ name, version }: Wanted): string => (version === undefined ? name : `${name}-${version}`);

/** With or without the release. */
export const hasVersion = (installed: string | undefined, version: string | undefined): boolean =>
  installed !== undefined &&
  (version === undefined || installed.split(', ').some((one) => one === version || one.startsWith(`${version}-`)));

/** Lines of name and version; a package of which several are installed (kernels) has them all. */
export function parseRpm(text: string): Map<string, string> {
  const all = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [name = '', version = ''] = line.split('\t');
    if (name === '' || name === 'gpg-pubkey') continue;
    all.set(name, all.has(name) ? `${all.get(name)}, ${version}` : version);
  }
  return all;
}

/** Lines such as `curl.x86_64   8.6.0-8.fc40   updates`, up to the part about obsoleted packages. */
export function parseCheck(text: string): Map<string, string> {
  const [upgrades = ''] = text.split(/^Obsoleting Packages/m);
  return new Map(
    upgrades.split('\n').flatMap((line) => {
      const [, name, version] = /^(\S+)\.\S+\s+(?:\d+:)?(\S+)\s+\S+\s*$/.exec(line) ?? [];
      return name === undefined || version === undefined ? [] : [[name, version]];
    }),
  );
}

function dnfFault({ exitCode, complaints }: ProgramEnd): string {
  const unknown = complaints.flatMap((line) => /(?:No match for argument|Unable to find a match): (.+)/.exec(line)?.[1] ?? []);
  if (unknown.length > 0) return `dnf knows no package ${[...new Set(unknown)].join(', ')}.`;
  if (complaints.some((line) => /superuser privileges|run with root|under the root user/i.test(line)))
    return 'dnf may not change anything: the agent must run as root.';
  const error = complaints.findLast((line) => /^(Error|Failed)/i.test(line)) ?? complaints.at(-1);
  return error ?? `dnf ended with exit code ${exitCode}.`;
}
