import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PluginContext } from '../../shared/plugin-api.ts';
import type { Installed, PackageManager } from './package-manager.ts';
import { runProgram } from './run-program.ts';

const agreed = ['--accept-source-agreements', '--disable-interactivity'];
/** "No applicable upgrade found" and "no newer version": there is nothing to do. */
const nothingToDo = new Set([0x8a15002b, 0x8a15004f]);
/** "No package found matching input criteria." */
const noneFound = 0x8a150014;

/** Packages are named by their id, such as `Git.Git`. What is installed is read from winget's export, which no language changes. */
export function createWinget({ workspace }: Pick<PluginContext, 'workspace'>): PackageManager {
  async function winget(args: readonly string[], quiet = false): Promise<{ exitCode: number; stdout: string }> {
    const { exitCode, stdout, complaints } = await runProgram('winget', [...args, ...agreed], { quiet });
    // exit codes of Windows are numbers without a sign
    const code = (exitCode ?? -1) >>> 0;
    if (code === 0 || nothingToDo.has(code)) return { exitCode: 0, stdout };
    if (code === noneFound) return { exitCode: noneFound, stdout };
    const said = complaints.at(-1) ?? stdout.trim().split('\n').at(-1) ?? '';
    throw new Error(`winget ${args[0]} ended with 0x${code.toString(16)}: ${said}`);
  }

  async function installed(): Promise<Installed> {
    const file = join(workspace, 'installed.json');
    await winget(['export', '--output', file, '--include-versions'], true);
    return parseExport(await readFile(file, 'utf8'));
  }

  return {
    name: 'winget',
    installed,
    async install(wanted, { dryRun }) {
      if (dryRun) throw noDryRun();
      for (const { name, version } of wanted) {
        const pin = version === undefined ? [] : ['--version', version];
        const { exitCode } = await winget([
          'install',
          '--id',
          name,
          '--exact',
          '--silent',
          '--accept-package-agreements',
          ...pin,
        ]);
        if (exitCode === noneFound) throw new Error(`winget knows no package ${name}: names are ids, such as Git.Git.`);
      }
    },
    async remove(names, { dryRun }) {
      if (dryRun) throw noDryRun();
      for (const name of names) await winget(['uninstall', '--id', name, '--exact', '--silent']);
    },
    async update() {
      await runProgram('winget', ['source', 'update', '--disable-interactivity']);
    },
    async upgrade(names, { dryRun }) {
      if (dryRun) throw noDryRun();
      const common = ['--silent', '--accept-package-agreements'];
      if (names.length === 0) await winget(['upgrade', '--all', ...common]);
      for (const name of names) await winget(['upgrade', '--id', name, '--exact', ...common]);
    },
    upgradable() {
      throw new Error(
        'What winget could upgrade is printed for people only, and changes with the language: run `winget upgrade` by the plugin shell.',
      );
    },
    async candidate(name) {
      const { exitCode, stdout } = await winget(['show', '--id', name, '--exact', '--versions'], true);
      return exitCode === noneFound ? undefined : parseVersions(stdout);
    },
  };
}

const noDryRun = (): Error => new Error('winget cannot tell beforehand what it would do: leave `dryRun` out.');

export function parseExport(text: string): Installed {
  type Export = { Sources?: { Packages?: { PackageIdentifier: string; Version?: string }[] }[] };
  const { Sources = [] } = JSON.parse(text) as Export;
  return new Map(
    Sources.flatMap(({ Packages = [] }) =>
      Packages.map(({ PackageIdentifier, Version = '' }) => [PackageIdentifier, Version] as const),
    ),
  );
}

/** A heading, a line of dashes, then a version per line, the newest first. */
export function parseVersions(text: string): string | undefined {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  const ruler = lines.findIndex((line) => /^-{3,}$/.test(line));
  return ruler === -1 ? undefined : lines.slice(ruler + 1).find((line) => line !== '');
}
