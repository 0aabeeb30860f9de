/**
 * A program of its own: has pkg make executables (its `--sea` mode), as its argument says.
 *
 * Its function for that is called instead of its command line, because only so it can be told under which name Node keeps the bundle: the
 * command line writes the whole path that it had on the machine of the build into the executable, where it shows in stacks, and makes every
 * build another file. Named from the temporary folder in which pkg works, it is the same everywhere.
 */
import { basename } from 'node:path';
import pkgSea, { type SeaOptions } from '@yao-pkg/pkg/lib-es5/sea.js';

export type PkgOrder = {
  readonly bundle: string;
  readonly targets: readonly PkgTarget[];
};

type PkgTarget = {
  readonly platform: 'linux' | 'win';
  readonly arch: 'x64' | 'arm64';
  /** with a full version, so that it asks nobody what the newest is */
  readonly nodeRange: string;
  readonly output: string;
  /** files that the executable holds beside the bundle, by name */
  readonly assets: Readonly<Record<string, string>>;
};

if (import.meta.main) {
  const { bundle, targets } = JSON.parse(process.argv[2] ?? '') as PkgOrder;
  // one by one, because what Node reads from its own file is the same for all targets of one call, and the assets are not
  for (const { assets, ...target } of targets) {
    const seaConfig = {
      // from the folder that pkg makes in the temporary folder, which lies beside the bundle
      main: `../../${basename(bundle)}`,
      disableExperimentalSEAWarning: true,
      useSnapshot: false,
      useCodeCache: false,
      assets,
    };
    await pkgSea.default(bundle, { targets: [target] as unknown as SeaOptions['targets'], seaConfig });
  }
}
