import { basename } from 'node:path';
import { isSea } from 'node:sea';
import type { Logger } from 'pino';
import type { AgentFolder } from '../agent-folder.ts';
import type { Slots } from '../attempts/slots.ts';
import type { Clock } from '../clock.ts';
import { serverAnswer } from '../link/server-request.ts';
import type { Uplink } from '../link/uplink.ts';
import { agentCommit, agentVersion } from '../version.ts';
import { createExecutableReport, type ExecutableReport } from './executable-report.ts';
import { findInstallation } from './installation.ts';
import { starterOfThis } from './starter.ts';
import { openUpdateRecord } from './update-record.ts';
import { createUpdates, type Updates } from './updates.ts';

export type HostUpdatesResources = {
  readonly folder: Pick<AgentFolder, 'root' | 'update' | 'executable'>;
  readonly serverUrl: string;
  readonly proxy: string | undefined;
  readonly serverPublicKey: string;
  readonly slots: Slots;
  readonly leave: (nextVersion: string) => void;
  readonly uplink: Uplink;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
};

/** Updates of this agent on this host, over the way to the server that it uses itself. */
export function createHostUpdates(resources: HostUpdatesResources): { updates: Updates; report: ExecutableReport } {
  const { folder, serverUrl, proxy, serverPublicKey, slots, leave, uplink, clock, random, log } = resources;
  const { execPath, platform } = process;
  const isWindows = platform === 'win32';
  const found = findInstallation({ isExecutable: isSea(), execPath, starter: starterOfThis(), isWindows });
  let own: Promise<string> | undefined;
  const ownSha256 = (): Promise<string> => {
    own ??= readOwn();
    return own;
  };

  // what an update needs is loaded with the first one
  async function readOwn(): Promise<string> {
    const { rememberedSha256 } = await import('./file-sha256.ts');
    return rememberedSha256(execPath, folder.executable);
  }

  const updates = createUpdates({
    found,
    record: openUpdateRecord(folder.update),
    serverPublicKey,
    version: agentVersion,
    ownName: basename(execPath),
    isWindows,
    ownSha256,
    async obtain(file, name, signal, onProgress) {
      if ('notUpdatable' in found) return;
      const { obtainExecutable } = await import('./obtain-executable.ts');
      const { installation } = found;
      const ask = (path: string, headers: Readonly<Record<string, string>>) =>
        serverAnswer(serverUrl, path, { method: 'GET', headers, timeoutMs: silenceMs, proxy, signal });
      await obtainExecutable(file, name, { installation, dir: folder.root, ask, signal, onProgress, clock, random });
    },
    removeOthers(kept) {
      if ('notUpdatable' in found) return;
      const { installation } = found;
      import('./obtain-executable.ts')
        .then(({ removeOthers }) => removeOthers(installation, kept))
        .catch((error: unknown) => log.warn({ err: error }, 'old_executables_not_removed'));
    },
    slots,
    leave,
    uplink,
    clock,
    log,
  });
  const report = createExecutableReport({
    ownSha256: isSea() ? ownSha256 : null,
    commit: agentCommit ?? 'unknown',
    notUpdatable: 'notUpdatable' in found ? found.notUpdatable : null,
    uplink,
    log,
  });
  return { updates, report };
}

const silenceMs = 60_000;
