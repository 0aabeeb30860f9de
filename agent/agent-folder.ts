import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { isDiskFull } from './disk.ts';

/** Where the agent keeps what. Only its own user may look inside. */
export type AgentFolder = {
  readonly root: string;
  readonly lock: string;
  readonly key: string;
  readonly identity: string;
  readonly journal: string;
  readonly spool: string;
  readonly plugins: string;
  /** files that attempts left, until the server has them */
  readonly artifacts: string;
  /** one folder per running attempt */
  readonly work: string;
  /** how the agent is, see `state-file.ts` */
  readonly state: string;
  /** what of an update its starter has to know */
  readonly update: string;
  /** the hash of the executable that runs */
  readonly executable: string;
};

/** What is where, whether or not it is there yet. */
export function openAgentPaths(dir: string): AgentFolder {
  const root = resolve(dir);
  return {
    root,
    lock: join(root, 'agent.lock'),
    key: join(root, 'agent.key'),
    identity: join(root, 'agent.json'),
    journal: join(root, 'journal'),
    spool: join(root, 'spool'),
    plugins: join(root, 'plugins'),
    artifacts: join(root, 'artifacts'),
    work: join(root, 'work'),
    state: join(root, 'state.json'),
    update: join(root, 'update'),
    executable: join(root, 'executable.json'),
  };
}

/** Makes the folder if it is not there. */
export function openAgentFolder(dir: string): AgentFolder {
  const folder = openAgentPaths(dir);
  const { root } = folder;
  mkdirSync(root, { recursive: true, mode: 0o700 });
  chmodSync(root, 0o700);
  for (const inner of [folder.spool, folder.plugins, folder.work]) mkdirSync(inner, { recursive: true, mode: 0o700 });
  // so that no package.json further up decides whether a plugin's .js is a module or CommonJS: its own text does
  writeFileSync(join(root, 'package.json'), '{}\n');
  return folder;
}

/** To be called once the lock is held and orphans are ended: nobody uses these folders any more. */
export function clearWork(folder: AgentFolder): void {
  removeWork(folder.work);
  try {
    mkdirSync(folder.work, { recursive: true, mode: 0o700 });
  } catch (error) {
    // it is made with the first workspace
    if (!isDiskFull(error)) throw error;
  }
}

function removeWork(path: string): void {
  if (process.platform !== 'win32') {
    rmSync(path, { recursive: true, force: true, maxRetries: 3 });
    return;
  }
  for (const name of existsSync(path) ? readdirSync(path) : []) {
    try {
      rmSync(join(path, name), { recursive: true, force: true, maxRetries: 3 });
    } catch {
      // Windows removes no folder in which a program stands or has a file open. No attempt to come has its name; the next start tries again
    }
  }
}
