import { setTimeout as pause } from 'node:timers/promises';
import type { PluginContext } from '../../shared/plugin-api.ts';
import type { Installed, PackageManager, Wanted } from './package-manager.ts';
import { type ProgramEnd, runProgram } from './run-program.ts';

/** No question is asked, by apt, by a package's scripts, or by what looks at services that should be restarted. */
const unattended = { DEBIAN_FRONTEND: 'noninteractive', NEEDRESTART_MODE: 'l', APT_LISTCHANGES_FRONTEND: 'none' };
const againAfterMs = 1000;

/** apt-get and dpkg: the programs of apt that promise to stay as they are for scripts. */
export function createApt({ signal }: Pick<PluginContext, 'signal'>, lockSeconds: number): PackageManager {
  const query = (file: string, ...args: string[]): Promise<ProgramEnd> => runProgram(file, args, { quiet: true });

  async function aptGet(...args: string[]): Promise<void> {
    const until = Date.now() + lockSeconds * 1000;
    for (let isPutInOrder = false; ; ) {
      const lock = `DPkg::Lock::Timeout=${Math.max(0, Math.ceil((until - Date.now()) / 1000))}`;
      const settings = ['-o', lock, '-o', 'Dpkg::Options::=--force-confdef', '-o', 'Dpkg::Options::=--force-confold'];
      const end = await runProgram('apt-get', ['-q', '-y', ...settings, ...args], { env: unattended });
      if (end.exitCode === 0) return;
      const all = end.complaints.join('\n');
      if (/dpkg was interrupted/.test(all) && !isPutInOrder) {
        isPutInOrder = true;
        await runProgram('dpkg', ['--force-confdef', '--force-confold', '--configure', '-a'], { env: unattended });
        continue;
      }
      // the lists have a lock of their own, for which apt does not wait
      if (/Could not get lock|Unable to lock/.test(all) && Date.now() < until) {
        await pause(againAfterMs, undefined, { signal });
        continue;
      }
      throw new Error(aptFault(end, lockSeconds));
    }
  }

  return {
    name: 'apt',
    async installed() {
      // biome-ignore lint/suspicious/noTemplateCurlyInString: fields of dpkg-query
      const { stdout } = await query('dpkg-query', '-W', '-f=${db:Status-Abbrev}\\t${binary:Package}\\t${Version}\\n');
      return parseDpkg(stdout);
    },
    install(wanted, { recommends, allowDowngrade, dryRun }) {
      const flags = [
        ...(recommends === undefined ? [] : [recommends ? '--install-recommends' : '--no-install-recommends']),
        ...(allowDowngrade ? ['--allow-downgrades'] : []),
        ...(dryRun ? ['--simulate'] : []),
      ];
      return aptGet('install', ...flags, '--', ...wanted.map(pinned));
    },
    remove(names, { purge, removeUnused, dryRun }) {
      const flags = [
        ...(purge ? ['--purge'] : []),
        ...(removeUnused ? ['--auto-remove'] : []),
        ...(dryRun ? ['--simulate'] : []),
      ];
      return aptGet('remove', ...flags, '--', ...names);
    },
    update: () => aptGet('update', '-o', 'APT::Update::Error-Mode=any'),
    upgrade(names, { dryRun }) {
      const simulated = dryRun ? ['--simulate'] : [];
      return names.length === 0
        ? aptGet('upgrade', '--with-new-pkgs', ...simulated)
        : aptGet('install', '--only-upgrade', ...simulated, '--', ...names);
    },
    async upgradable() {
      const { exitCode, stdout, complaints } = await query('apt-get', '-q', '--simulate', 'upgrade', '--with-new-pkgs');
      if (exitCode !== 0) throw new Error(complaints.at(-1) ?? 'apt-get could not tell what can be upgraded.');
      return parseSimulated(stdout);
    },
    async candidate(name) {
      return parsePolicy((await query('apt-cache', 'policy', name)).stdout);
    },
  };
}

const pinned = ({ name, version }: Wanted): string => (version === undefined ? name : `${name}=${version}`);

/** Lines such as `ii \tlibc6:amd64\t2.36-9`: the second letter says that it is installed. The architecture is told only where it must be. */
export function parseDpkg(text: string): Installed {
  return new Map(
    text.split('\n').flatMap((line) => {
      const [status = '', name = '', version = ''] = line.split('\t');
      return status[1] === 'i' ? [[name, version]] : [];
    }),
  );
}

/** Lines such as `Inst curl [7.88.1-10] (7.88.1-11 Debian:12/stable [amd64])`; without the first brackets it is a new one. */
export const parseSimulated = (text: string): Installed =>
  new Map([...text.matchAll(/^Inst (\S+) \[[^\]]+\] \((\S+) /gm)].map(([, name = '', version = '']) => [name, version]));

export function parsePolicy(text: string): string | undefined {
  const version = /^ {2}Candidate: (.+)$/m.exec(text)?.[1];
  return version === '(none)' ? undefined : version;
}

function aptFault({ exitCode, complaints }: ProgramEnd, lockSeconds: number): string {
  const errors = complaints.flatMap((line) => /^E: (.*)/.exec(line)?.[1] ?? []);
  const all = errors.join(' ');
  if (/Could not get lock|Unable to lock/.test(all) && /Permission denied|are you root/.test(complaints.join(' ')))
    return 'apt-get may not change anything: the agent must run as root.';
  if (/Could not get lock|Unable to lock/.test(all))
    return `Another program held the lock of apt for more than ${lockSeconds} s. ${all}`;
  const unknown = [...all.matchAll(/Unable to locate package (\S+)/g)].map(([, name]) => name);
  if (unknown.length > 0) return `apt knows no package ${unknown.join(', ')}; its lists may be old: try updateFirst.`;
  return all === '' ? `apt-get ended with exit code ${exitCode}.` : all;
}
