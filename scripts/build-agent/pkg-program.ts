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
};

if (import.meta.main) {
  const { bundle, targets } = JSON.parse(process.argv[2] ?? '') as PkgOrder;
  const seaConfig = {
    // from the folder that pkg makes in the temporary folder, which lies beside the bundle
    main: `../../${basename(bundle)}`,
    disableExperimentalSEAWarning: true,
    useSnapshot: false,
    useCodeCache: false,
  };
  await pkgSea.default(bundle, { targets: targets as unknown as SeaOptions['targets'], seaConfig });
}
