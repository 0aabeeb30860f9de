import { type FSWatcher, watch } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Logger } from 'pino';
import type { Clock } from '../../platform/clock.ts';
import { createLoop } from '../../platform/loops/loop.ts';

export type FolderWatch = { stop(): Promise<void> };

export type FolderWatchResources = {
  readonly dir: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** @returns whether the folder was there to be read; if not, it is asked again soon */
  readonly onChange: () => Promise<boolean>;
};

const debounceMs = 200;
/** a file that is written all the time is looked at nevertheless */
const longestDebounceMs = 1_000;
const lookEveryMs = 1_500;
const looksPerSafetyLook = 20;

/**
 * Calls back soon after anything in the folder changed.
 *
 *   no watcher ──(folder is there)──> watching ──(it failed, or the folder is another one)──> no watcher
 *
 * While the system tells of changes, the folder is looked at when it does, and rarely besides, because not every file system tells
 * everything. Without a watcher it is looked at all the time.
 */
export function watchFolder({ dir, clock, log, onChange }: FolderWatchResources): FolderWatch {
  let watcher: { readonly handle: FSWatcher; readonly inode: number } | undefined;
  let looks = 0;
  let isChanged = false;
  let debounce: { readonly since: number; readonly cancel: () => void } | undefined;

  function noticed(): void {
    const since = debounce?.since ?? clock.now();
    debounce?.cancel();
    const waitMs = Math.max(0, Math.min(debounceMs, since + longestDebounceMs - clock.now()));
    debounce = {
      since,
      cancel: clock.after(waitMs, () => {
        debounce = undefined;
        isChanged = true;
        loop.wake();
      }),
    };
  }

  async function keepWatching(): Promise<void> {
    const inode = await inodeOf(dir);
    if (watcher !== undefined && watcher.inode === inode) return;
    unwatch();
    if (inode === undefined) return;
    try {
      // a recursive watcher that the system refuses (EMFILE, ENOSPC: inotify has limits per user) says nothing, for ever; a plain one throws
      watch(dir).close();
      const handle = watch(dir, { recursive: true, persistent: true }, (_event, path) => {
        // the folder itself was gone for a moment: nothing more comes from this watcher, even if the same folder is back
        if (path === '') unwatch();
        noticed();
      });
      handle.on('error', (error) => {
        log.warn({ err: error, dir }, 'watching the plugins folder failed; it is looked at every second or so');
        unwatch();
      });
      watcher = { handle, inode };
      isChanged = true;
    } catch (error) {
      log.warn({ err: error, dir }, 'the plugins folder cannot be watched; it is looked at every second or so');
    }
  }

  function unwatch(): void {
    watcher?.handle.close();
    watcher = undefined;
  }

  const loop = createLoop({
    name: 'plugins folder',
    clock,
    log,
    everyMs: lookEveryMs,
    async run() {
      await keepWatching();
      looks += 1;
      if (!isChanged && watcher !== undefined && looks % looksPerSafetyLook !== 0) return;
      isChanged = false;
      try {
        if (await onChange()) return;
        // it may be back before the next look, which would then see the same folder as before; the watcher saw it go
        unwatch();
        isChanged = true;
      } catch (error) {
        isChanged = true;
        throw error;
      }
    },
  });
  loop.wake();

  return {
    async stop() {
      debounce?.cancel();
      await loop.stop();
      debounce?.cancel();
      unwatch();
    },
  };
}

async function inodeOf(dir: string): Promise<number | undefined> {
  try {
    return (await stat(dir)).ino;
  } catch {
    return undefined;
  }
}
