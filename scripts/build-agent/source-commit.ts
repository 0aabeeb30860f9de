import { execFileSync } from 'node:child_process';

/**
 * The commit of the source in `root`, as a release names it; `-changed` behind it if files differ from it. `MUSTER_COMMIT` says it where
 * there is no repository, as in an archive of the source; `unknown` otherwise.
 */
export function sourceCommit(root: string, env: NodeJS.ProcessEnv): string {
  if (env.MUSTER_COMMIT !== undefined && env.MUSTER_COMMIT !== '') return env.MUSTER_COMMIT;
  try {
    const commit = git(root, 'rev-parse', '--short=12', 'HEAD');
    return git(root, 'status', '--porcelain') === '' ? commit : `${commit}-changed`;
  } catch {
    return 'unknown';
  }
}

const git = (root: string, ...args: string[]): string =>
  execFileSync('git', ['--no-optional-locks', ...args], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim();
