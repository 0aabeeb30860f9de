import { accessSync, constants } from 'node:fs';
import type { ResourceLimits } from '../../shared/resource-limits.ts';

type Limits = { readonly [Name in 'memoryMb' | 'nice' | 'openFiles']?: ResourceLimits[Name] };

/**
 * A shell sets the limits, and then becomes the program, so that it is the same process.
 * @param joinFile of the control group that it joins first, so that nothing of the program runs outside of it
 */
export function limitedCommand(
  file: string,
  args: readonly string[],
  { memoryMb, nice, openFiles }: Limits,
  joinFile?: string,
): { file: string; args: readonly string[] } {
  // what cannot be started is told better without the shell
  if (!canRun(file)) return { file, args };
  const steps = [
    joinFile === undefined ? 'shift' : 'echo $$ > "$1" && shift',
    ...(openFiles === undefined ? [] : [atMost('-n', openFiles)]),
    ...(memoryMb === undefined ? [] : [atMost('-d', memoryMb * 1024)]),
    nice === undefined ? 'exec "$@"' : `exec nice -n ${nice} "$@"`,
  ];
  return { file: '/bin/sh', args: ['-c', steps.join(' && '), 'muster-limits', joinFile ?? '', file, ...args] };
}

/** Not every user may raise a limit; where it is lower already, that is fine. */
const atMost = (option: string, value: number): string =>
  `{ ulimit ${option} ${value} 2>/dev/null || [ "$(ulimit -H ${option})" -le ${value} ]; }`;

function canRun(file: string): boolean {
  if (!file.includes('/')) return true;
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
