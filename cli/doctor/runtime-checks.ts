import { spawn } from 'node:child_process';
import type { Finding } from '../output/findings.ts';

const neededNode = 24;

export function checkNode(version: string): Finding {
  const what = 'node';
  if (Number.parseInt(version, 10) >= neededNode) return { level: 'ok', what, detail: version };
  return {
    level: 'fail',
    what,
    detail: `${version} is too old; Muster needs ${neededNode}.`,
    remedy: 'Start Muster with npx or npm, which take the Node that `npm ci` installs.',
  };
}

/** In a process of its own: a binary that does not fit the platform may take the whole process down. */
export async function checkDependencies(): Promise<Finding> {
  const what = 'dependencies';
  const script = "const { default: S } = await import('better-sqlite3'); new S(':memory:').prepare('SELECT 1').get();";
  const failure = await failureOf(script);
  if (failure === undefined) return { level: 'ok', what, detail: 'better-sqlite3 loads' };
  return {
    level: 'fail',
    what,
    detail: `better-sqlite3 does not load: ${failure}`,
    remedy: 'Run `npm ci` in the folder of Muster.',
  };
}

function failureOf(script: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      cwd: import.meta.dirname,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let text = '';
    child.stderr.on('data', (bytes: Buffer) => {
      text += bytes.toString();
    });
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => {
      if (code === 0) resolve(undefined);
      else resolve(/^\w*Error.*$/m.exec(text)?.[0] ?? (signal === null ? `exit code ${code}` : `ended by ${signal}`));
    });
  });
}
