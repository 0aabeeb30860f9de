import { setTimeout as pause } from 'node:timers/promises';
import type { PluginContext } from '../../shared/plugin-api.ts';
import type { PackageManager, Wanted } from './package-manager.ts';
import { type ProgramEnd, runProgram } from './run-program.ts';

const againAfterMs = 2000;

/** dnf 4 and 5, with rpm for what is installed. */
export function createDnf({ signal }: Pick<PluginContext, 'signal'>, lockSeconds: number): PackageManager {
  const rpm = (...args: string[]): Promise<ProgramEnd> => runProgram('rpm', args, { quiet: true });

  /** dnf 4 would wait for a lock without end, dnf 5 not at all (its issue 2186): neither is what was asked for. */
  async function attempt(args: readonly string[], quiet = false): Promise<ProgramEnd> {
    const until = Date.now() + lockSeconds * 1000;
    for (;;) {
      const end = await runProgram('dnf', ['--setopt=exit_on_lock=True', ...args], { quiet });
      if (!isLocked(end)) return end;
      if (Date.now() >= until) throw new Error(`Another program held the lock of dnf for more than ${lockSeconds} s.`);
      await pause(againAfterMs, undefined, { signal });
    }
  }

  async function dnf(args: readonly string[], dryRun = false): Promise<void> {
    // a dry run answers "no" to the plan that it printed, and says so by its exit code
    const end = await attempt([dryRun ? '--assumeno' : '-y', ...args]);
    const isDeclined = dryRun && end.exitCode === 1 && /aborted/i.test(`${end.stdout} ${end.complaints.join(' ')}`);
    if (end.exitCode !== 0 && !isDeclined) throw new Error(dnfFault(end));
  }

  return {
    name: 'dnf',
    async installed() {
      const { exitCode, stdout, complaints } = await rpm(...everything);
      if (exitCode !== 0) throw new Error(complaints.at(-1) ?? 'rpm could not tell what is installed.');
      return parseRpm(stdout);
    },
    async install(wanted, { recommends, allowDowngrade, dryRun }) {
      const weak = recommends === undefined ? [] : [`--setopt=install_weak_deps=${recommends ? 'True' : 'False'}`];
      const pins = wanted.filter(({ version }) => version !== undefined);
      const args = ['install', ...weak, ...wanted.map(pinned)];
      // dnf takes the wish for a version as the leave to go back to it
      if (pins.length > 0 && allowDowngrade !== true && isDowngrade((await attempt(['--assumeno', ...args], true)).stdout))
        throw new Error('That would put an older version in the place of an installed one: set `allowDowngrade` to allow it.');
      await dnf(args, dryRun);
      if (pins.length === 0 || allowDowngrade !== true || dryRun === true) return;
      const present = parseRpm((await rpm(...everything)).stdout);
      const left = pins.filter(({ name, version }) => !hasVersion(present.get(name), version));
      if (left.length > 0) await dnf(['downgrade', ...left.map(pinned)]);
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
      const end = await attempt(['-q', 'check-upgrade'], true);
      if (end.exitCode !== 0 && end.exitCode !== 100) throw new Error(dnfFault(end));
      return parseCheck(end.stdout);
    },
    async candidate(name) {
      const end = await attempt(['-q', 'repoquery', '--latest-limit=1', '--qf', '%{version}-%{release}\\n', name], true);
      if (end.exitCode !== 0) throw new Error(dnfFault(end));
      return end.stdout.trim().split('\n').at(-1) || undefined;
    },
  };
}

const everything = ['-qa', '--qf', '%{NAME}\\t%{VERSION}-%{RELEASE}\\n'];

/** dnf 4 has an exit code for it (with `exit_on_lock`), but not for the lock of rpm; dnf 5 has words only. */
export const isLocked = ({ exitCode, complaints }: ProgramEnd): boolean =>
  exitCode === 200 || (exitCode !== 0 && complaints.some((line) => /obtain (the|rpm) transaction lock/i.test(line)));

export const isDowngrade = (plan: string): boolean => /^Downgrading:/m.test(plan);

const pinned = ({ name, version }: Wanted): string => (version === undefined ? name : `${name}-${version}`);

/** With or without the release, and with or without the epoch, which rpm is not asked for. */
export function hasVersion(installed: string | undefined, version: string | undefined): boolean {
  if (installed === undefined || version === undefined) return installed !== undefined;
  const wanted = version.replace(/^\d+:/, '');
  return installed.split(', ').some((one) => one === wanted || one.startsWith(`${wanted}-`));
}

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

/** Lines such as `curl.x86_64   8.6.0-8.fc40   updates`, up to the part about obsoleted packages. dnf 5 puts a heading above them. */
export function parseCheck(text: string): Map<string, string> {
  const [upgrades = ''] = text.split(/^Obsoleting packages/im);
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
