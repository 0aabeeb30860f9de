import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fingerprintOf } from '../../agent/identity/signatures.ts';
import { type InstallerKind, installerOf } from '../../server/features/releases/installers.ts';
import { parseJoinToken } from '../../shared/join-tokens.ts';
import type { ClientSetup } from './client-setup.ts';
import { spellPosix, spellPowerShell } from './spelling.ts';
import type { ThisTree } from './this-tree.ts';

export type InstallerRun = { readonly tree: ThisTree; readonly setup: ClientSetup };

/**
 * Installs the executable of the agent, or removes it, by the installer of docs/install.md: the one that is in this folder, because one that comes
 * over the network would have to be believed. @returns its exit code
 */
export async function runInstaller({ setup }: InstallerRun): Promise<number> {
  const kind: InstallerKind = process.platform === 'win32' ? 'ps1' : 'sh';
  const folder = await mkdtemp(join(tmpdir(), 'muster-setup-'));
  try {
    const file = join(folder, `install.${kind}`);
    await writeFile(file, await installerOf(kind, { serverUrl: setup.serverUrl, fingerprint: expectedKey(setup) }));
    const [program, ...args] = kind === 'sh' ? ['sh', file] : [...powershell, file];
    return await exitCodeOf(program ?? '', [...args, ...installerOptions(setup, kind)], setup.token);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const powershell = ['powershell.exe', '-NoProfile', '-ExecutionPolicy', 'Bypass', '-File'];

/** Of the server that the token is of, or that this host has joined. */
const expectedKey = ({ token, identity }: ClientSetup): string =>
  (token === undefined ? undefined : parseJoinToken(token)?.fingerprint) ??
  (identity === undefined ? '' : fingerprintOf(identity.serverPublicKey));

/** The token is not among them: it goes by the environment. */
export function installerOptions(setup: ClientSetup, kind: InstallerKind): string[] {
  const { isUninstall, isService, serverUrl, identity, name, tags, slots, ca, dataDir, prefix } = setup;
  const spell = kind === 'sh' ? spellPosix : spellPowerShell;
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
  return Object.entries(options).flatMap(([option, value]) => {
    if (value === undefined || value === false) return [];
    return value === true ? [spell(option)] : [spell(option), value];
  });
}

function exitCodeOf(program: string, args: readonly string[], token: string | undefined): Promise<number> {
  const { MUSTER_JOIN_TOKEN: _, ...env } = process.env;
  const child = spawn(program, args, {
    env: token === undefined ? env : { ...env, MUSTER_JOIN_TOKEN: token },
    stdio: 'inherit',
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? 128 + (constants.signals[signal ?? 'SIGKILL'] ?? 0)));
  });
}
