import { execFileSync } from 'node:child_process';

/**
 * When the source was made, for the files of an archive: `SOURCE_DATE_EPOCH` (https://reproducible-builds.org), or the time of the commit, or
 * where there is none, the same day for all.
 * @returns seconds since 1970
 */
export function sourceTime(root: string, env: NodeJS.ProcessEnv): number {
  const given = Number(env.SOURCE_DATE_EPOCH);
  if (env.SOURCE_DATE_EPOCH !== undefined && Number.isSafeInteger(given) && given >= 0) return given;
  try {
    const args = ['--no-optional-locks', 'log', '-1', '--format=%ct'];
    return Number(execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim());
  } catch {
    return Date.UTC(2020, 0, 1) / 1000;
  }
}
