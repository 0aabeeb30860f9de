/**
 * `npm test [jest arguments]`: Jest, and `N passed, N failed, N skipped` as the very last line.
 *
 * Jest needs a flag of Node's for ESM; it is given here and not in package.json, because setting NODE_OPTIONS in a
 * script line works differently in every shell. Jest leads a process group of its own, so that a process that a test
 * forgot is found and ended, instead of holding our output open for ever.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { TestCounts } from './test-summary.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
const leftoverGraceMs = 2_000;
const hasGroups = process.platform !== 'win32';

const jest = spawn(process.execPath, ['node_modules/jest/bin/jest.js', ...process.argv.slice(2)], {
  cwd: root,
  detached: hasGroups,
  stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  env: { ...process.env, NODE_OPTIONS: [process.env.NODE_OPTIONS, ...flags].filter(Boolean).join(' ') },
});

/** What stands when Jest ends without a word: it could not run. */
let counts: TestCounts = { passed: 0, failed: 1, skipped: 0 };
jest.on('message', (message) => {
  counts = message as TestCounts;
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => signalJest(signal));

const [code, signal] = (await once(jest, 'close')) as [number | null, NodeJS.Signals | null];
const wereLeft = await endLeftovers();
if (signal) console.error(`Jest was ended by ${signal}.`);
if (wereLeft) console.error('A test left processes running; they were killed.');
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exit(code === 0 && !wereLeft ? 0 : 1);

/** Jest's own workers get a moment to go; true if something had to be killed. */
async function endLeftovers(): Promise<boolean> {
  const deadline = Date.now() + leftoverGraceMs;
  while (signalJest(0) && Date.now() < deadline) await sleep(20);
  return signalJest('SIGKILL');
}

/** Signals Jest and all that it started; false if nothing of it is there. */
function signalJest(name: NodeJS.Signals | 0): boolean {
  if (jest.pid === undefined) return false;
  try {
    return process.kill(hasGroups ? -jest.pid : jest.pid, name);
  } catch {
    return false;
  }
}
