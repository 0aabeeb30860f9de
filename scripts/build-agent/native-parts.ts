import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { keepFile, keptFolder } from './kept-files.ts';
import { filesOf, lockedPackage } from './locked-package.ts';
import { stripElf } from './strip-elf.ts';
import type { Target } from './targets.ts';

/** With the files that its executable holds beside the agent, by the names under which the agent asks for them. */
export type EquippedTarget = Target & { readonly assets: Readonly<Record<string, string>> };

/** Finds the native part of the terminal for each target (`agent/terminal/native-part.ts`). Kept for the next build. */
export function withNativeParts(root: string, targets: readonly Target[]): Promise<EquippedTarget[]> {
  return Promise.all(targets.map(async (target) => ({ ...target, assets: await prepare(root, target) })));
}

async function prepare(root: string, { platform, native }: Target): Promise<Record<string, string>> {
  const locked = lockedPackage(root, native.package);
  const home = join(keptFolder(), `native-parts-${locked.version}`, platform);
  const files = Object.fromEntries(native.files.map((name) => [name, join(home, name)]));
  if (!Object.values(files).every((file) => existsSync(file))) {
    const contents = await filesOf(locked, native.files, home);
    for (const [index, content] of contents.entries()) {
      const file = join(home, native.files[index] ?? '');
      await keepFile(file, platform.startsWith('linux-') ? stripElf(content) : content, 0o644);
    }
  }
  return files;
}
