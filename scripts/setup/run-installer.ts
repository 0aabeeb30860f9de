import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fingerprintOf } from '../../agent/identity/signatures.ts';
import { type InstallerKind, installerOf } from '../../server/features/releases/installers.ts';
import { parseJoinToken } from '../../shared/join-tokens.ts';
import { bringRelease } from './bring-release.ts';
import type { ClientSetup } from './client-setup.ts';
import { spellPosix, spellPowerShell } from './spelling.ts';
import type { StatusLines } from './status-lines.ts';
import type { ThisTree } from './this-tree.ts';
import { type ProgramCall, type ScriptOptions, windowsPowerShell } from './windows/windows-powershell.ts';

export type InstallerRun = { readonly tree: ThisTree; readonly setup: ClientSetup; readonly lines: StatusLines };

/**
 * Installs the executable of the agent, or removes it, by the installer of docs/install.md: the one that is in this folder, because one that comes
 * over the network would have to be believed. @returns its exit code
 */
export async function runInstaller({ tree, setup, lines }: InstallerRun): Promise<number> {
  const kind: InstallerKind = process.platform === 'win32' ? 'ps1' : 'sh';
  const folder = await mkdtemp(join(tmpdir(), 'muster-setup-'));
  try {
    const file = join(folder, `install.${kind}`);
    const fingerprint = expectedKey(setup);
    await writeFile(file, await installerOf(kind, { serverUrl: setup.serverUrl, fingerprint }));
    const from = join(folder, 'release');
    // Windows has what it downloads with; a bare Linux need not have
    const brings = kind === 'sh' && !setup.isUninstall;
    if (brings) {
      await mkdir(from);
      const own = join(tree.top, 'dist', 'agents');
      await bringRelease({ server: setup.serverUrl, fingerprint, own, prefix: setup.prefix, folder: from, lines });
    }
    const options = { ...installerOptions(setup), ...(brings ? { from } : {}) };
    const { MUSTER_JOIN_TOKEN: _, ...rest } = process.env;
    // not on the command line, where everybody on this host could read it
    const env = setup.token === undefined ? rest : { ...rest, MUSTER_JOIN_TOKEN: setup.token };
    return await exitCodeOf(kind === 'sh' ? posixCall(file, options, env) : windowsPowerShell(file, spelledOut(options), env));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Of the server that the token is of, or that this host has joined. */
const expectedKey = ({ token, identity }: ClientSetup): string =>
  (token === undefined ? undefined : parseJoinToken(token)?.fingerprint) ??
  (identity === undefined ? '' : fingerprintOf(identity.serverPublicKey));

/** The token is not among them: it goes by the environment. */
export function installerOptions(setup: ClientSetup): ScriptOptions {
  const { isUninstall, isService, serverUrl, identity, name, tags, slots, ca, dataDir, prefix } = setup;
  const options = {
    uninstall: isUninstall,
    'no-service': !isService,
    // the installer is made out for the server; a host that has joined goes on using its address unless it is told another
    server: isUninstall || identity === undefined || identity.serverUrl === serverUrl ? undefined : serverUrl,
    name,
    tags,
    slots,
    ca,
    'data-dir': dataDir,
    prefix,
  };
  return Object.fromEntries(
    Object.entries(options).filter((each): each is [string, string | true] => each[1] !== undefined && each[1] !== false),
  );
}

export const posixWords = (options: ScriptOptions): string[] =>
  Object.entries(options).flatMap(([name, value]) => (value === true ? [spellPosix(name)] : [spellPosix(name), value]));

const posixCall = (file: string, options: ScriptOptions, env: NodeJS.ProcessEnv): ProgramCall => ({
  file: 'sh',
  args: [file, ...posixWords(options)],
  env,
});

/** As the parameters of a PowerShell script: `no-service` is `NoService`. */
export const spelledOut = (options: ScriptOptions): ScriptOptions =>
  Object.fromEntries(Object.entries(options).map(([name, value]) => [spellPowerShell(name).slice(1), value]));

function exitCodeOf({ file, args, env }: ProgramCall): Promise<number> {
  const child = spawn(file, args, { env, stdio: 'inherit' });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? 128 + (constants.signals[signal ?? 'SIGKILL'] ?? 0)));
  });
}
