import { existsSync, mkdirSync, readdirSync, rmdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { maxArtifactsPerExecution } from '../../shared/api/artifacts.ts';
import { type AttemptKey, fileNameOf, keyOfFileName } from '../attempt-key.ts';
import type { Clock } from '../clock.ts';
import type { DownloadAccess } from '../plugins/bundle-download.ts';
import { artifactsIn, renameArtifacts } from './artifact-files.ts';
import { ArtifactRefused, uploadArtifact } from './artifact-upload.ts';

/**
 * Files that attempts have left, one folder each, on disk until the server has them: what is in it when the agent starts was left by one
 * before it, and is sent too. An attempt that still runs is not touched.
 */
export type ArtifactOutbox = {
  folderOf(key: AttemptKey): string;
  /**
   * The attempt has ended. Undefined if it has left no files, as most do, else it settles when the server has them.
   * @param nameOf what a file is called by whose path in the folder it would tell a secret
   */
  settled(key: AttemptKey, nameOf?: (path: string) => string): Promise<void> | undefined;
  /** Undefined when there is no connection. */
  setAccess(access: DownloadAccess | undefined): void;
  stop(): Promise<void>;
};

const firstPauseMs = 1000;
const longestPauseMs = 60_000;
const mostFiles = maxArtifactsPerExecution + 1;

export function createArtifactOutbox({
  path,
  clock,
  log,
}: {
  readonly path: string;
  readonly clock: Clock;
  readonly log: Logger;
}): ArtifactOutbox {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  /** folders that are to be sent, and who waits for that */
  const waiting = new Map<string, (() => void)[]>();
  for (const name of readdirSync(path)) waiting.set(name, []);
  let access: DownloadAccess | undefined;
  let isStopped = false;
  let pauseMs = firstPauseMs;
  let cancelPause: (() => void) | undefined;
  let working: Promise<void> | undefined;

  function wake(): void {
    cancelPause?.();
    cancelPause = undefined;
    working ??= work().finally(() => {
      working = undefined;
      if (mayWork() && cancelPause === undefined) wake();
    });
  }

  const mayWork = (): boolean => !isStopped && access !== undefined && waiting.size > 0;

  async function work(): Promise<void> {
    for (const name of [...waiting.keys()]) {
      if (!mayWork()) return;
      try {
        await sendFolder(name);
        pauseMs = firstPauseMs;
      } catch (error) {
        log.warn({ err: error, attempt: name }, 'artifacts_not_sent');
        cancelPause = clock.after(pauseMs, wake);
        pauseMs = Math.min(pauseMs * 2, longestPauseMs);
        return;
      }
    }
  }

  async function sendFolder(name: string): Promise<void> {
    const folder = join(path, name);
    const key = keyOfFileName(name);
    const files = key === undefined ? [] : await artifactsIn(folder);
    // the server takes no more, and lists the first that is too many
    if (files.length > mostFiles) log.warn({ ...key, files: files.length, most: mostFiles - 1 }, 'artifacts_too_many');
    for (const file of files.slice(0, mostFiles)) {
      if (access === undefined || isStopped || key === undefined) return;
      try {
        await uploadArtifact(access, key, file);
      } catch (error) {
        if (!(error instanceof ArtifactRefused)) throw error;
        log.warn({ ...key, name: file.name, why: error.message }, 'artifact_refused');
      }
      await rm(file.path, { force: true });
    }
    await rm(folder, { recursive: true, force: true });
    for (const callback of waiting.get(name) ?? []) callback();
    waiting.delete(name);
  }

  return {
    folderOf: (key) => join(path, fileNameOf(key)),
    settled(key, nameOf) {
      const name = fileNameOf(key);
      const folder = join(path, name);
      if (!existsSync(folder) || isRemovedEmpty(folder)) return undefined;
      const isNamed = nameOf === undefined ? Promise.resolve() : renameArtifacts(folder, nameOf);
      return isNamed.then(
        () =>
          new Promise((resolve) => {
            waiting.set(name, [...(waiting.get(name) ?? []), resolve]);
            if (mayWork() && cancelPause === undefined) wake();
          }),
        (error: unknown) => log.warn({ err: error, attempt: name }, 'artifacts_not_renamed'),
      );
    },
    setAccess(given) {
      access = given;
      if (mayWork()) wake();
    },
    async stop() {
      isStopped = true;
      cancelPause?.();
      await working;
    },
  };
}

/** Programs are given a folder, and most leave nothing in it. */
function isRemovedEmpty(folder: string): boolean {
  try {
    rmdirSync(folder);
    return true;
  } catch {
    return false;
  }
}
