import { spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BaseRuntimes } from './base-runtime.ts';
import type { EquippedTarget } from './native-parts.ts';
import type { PkgOrder } from './pkg-program.ts';

export type Executables = {
  readonly runtimes: BaseRuntimes;
  /** a file in the folder of its own that nothing else uses */
  readonly bundle: string;
  readonly targets: readonly EquippedTarget[];
  /** where they are put */
  readonly folder: string;
};

/** Puts the bundle into the Node of each target, by pkg: it makes what Node reads from its own file, and writes it there. */
export async function makeExecutables({ runtimes, bundle, targets, folder }: Executables): Promise<void> {
  if (process.versions.node !== runtimes.version) {
    throw new Error(
      `This is Node ${process.versions.node}; the executables are made by Node ${runtimes.version}, which they start with. Use npm: npm run build:agent`,
    );
  }
  // pkg works in a folder of its own in this one, and names the bundle from there: see pkg-program.ts
  const temporary = join(bundle, '..', 'pkg');
  await mkdir(temporary);
  const order: PkgOrder = {
    bundle,
    targets: targets.map(({ executable, pkg, assets }) => ({
      ...pkg.target,
      nodeRange: `node${runtimes.version}`,
      output: join(folder, executable),
      assets,
    })),
  };
  await runPkg(order, {
    ...process.env,
    // where its cache is
    HOME: runtimes.home,
    USERPROFILE: runtimes.home,
    TMPDIR: temporary,
    TEMP: temporary,
  });
}

/** A process of its own, because pkg takes its places from the environment and changes the working folder. */
function runPkg(order: PkgOrder, env: NodeJS.ProcessEnv): Promise<void> {
  const program = fileURLToPath(new URL('./pkg-program.ts', import.meta.url));
  const child = spawn(process.execPath, [program, JSON.stringify(order)], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => (code === 0 ? resolve() : reject(new Error(`pkg ended with exit code ${code}:\n${output}`))));
  });
}
