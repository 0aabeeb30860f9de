import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { getRawAsset, isSea } from 'node:sea';

/** What a terminal needs and JavaScript cannot do, in the files of `@lydell/node-pty`: the first on Linux, the others on Windows. */
export type NativeFile = 'pty.node' | 'conpty.node' | 'conpty_console_list.node';

export type NativePart = {
  /** What a file exports, as its package describes it. It is read from disk or executable when it is first asked for, and never again. */
  load(name: NativeFile): unknown;
};

/** @param folder of one agent alone. The executable puts a file there for as long as it takes to load it: no system loads one from memory. */
export function nativePart(folder: string): NativePart {
  const loaded = new Map<NativeFile, unknown>();
  return {
    load(name) {
      if (!loaded.has(name)) loaded.set(name, isSea() ? fromExecutable(name, folder) : fromPackage(name));
      return loaded.get(name);
    },
  };
}

function fromPackage(name: NativeFile): unknown {
  const platformPackage = `@lydell/node-pty-${process.platform}-${process.arch}`;
  try {
    // it is a dependency of that package, and need not lie beside it
    const inPackage = createRequire(createRequire(import.meta.url).resolve('@lydell/node-pty'));
    return opened(inPackage.resolve(`${platformPackage}/${name}`));
  } catch (cause) {
    throw new Error(`${name} of ${platformPackage} cannot be loaded; install it with npm ci. ${(cause as Error).message}`, {
      cause,
    });
  }
}

const prefix = '.native-part-';

function fromExecutable(name: NativeFile, folder: string): unknown {
  const content = new Uint8Array(getRawAsset(name));
  try {
    removeLeft(folder);
    // nobody else can put a file of his there: mkdtemp makes a new folder, for this user alone
    const own = mkdtempSync(join(folder, prefix));
    try {
      const file = join(own, name);
      writeFileSync(file, content, { mode: 0o600, flag: 'wx' });
      return opened(file);
    } finally {
      remove(own);
    }
  } catch (cause) {
    throw new Error(
      `${name} cannot be loaded from ${folder}, which this user must be able to write to, and which must not be mounted noexec. ${(cause as Error).message}`,
      { cause },
    );
  }
}

/** What an agent left that was killed in the middle, or that ran on Windows. */
function removeLeft(folder: string): void {
  for (const left of readdirSync(folder).filter((each) => each.startsWith(prefix))) remove(join(folder, left));
}

function remove(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch (error) {
    // Windows keeps a file that is loaded; the next agent removes it
    if (process.platform !== 'win32') throw error;
  }
}

function opened(file: string): unknown {
  const module = { exports: {} };
  process.dlopen(module, file);
  return module.exports;
}
