import { execFile } from 'node:child_process';
import type { Clock } from '../clock.ts';
import { pause } from '../execution/pause.ts';

const patienceMs = 30_000;
const triesWhileBusy = 10;
const busyPauseMs = 200;

/**
 * Starts the new executable once for each of these commands, to see that it runs here and can use the settings of this host.
 * @throws Error with a sentence
 */
export async function tryExecutable(
  path: string,
  { dir, clock }: { readonly dir: string; readonly clock: Clock },
): Promise<void> {
  const version = await answerOf(path, ['--version'], clock);
  if (version.exitCode !== 0 || !version.text.startsWith('muster-agent '))
    throw new Error(`The new executable does not run on this host: ${version.text || `exit code ${version.exitCode}`}.`);
  const check = await answerOf(path, ['check', '--dir', dir], clock);
  if (check.exitCode !== 0)
    throw new Error(`The new agent cannot start with the settings of this host: ${check.text || `exit code ${check.exitCode}`}`);
}

type Answer = { readonly exitCode: number | string; readonly text: string };

async function answerOf(path: string, args: readonly string[], clock: Clock): Promise<Answer> {
  for (let tries = 1; ; tries += 1) {
    const answer = await run(path, args);
    // a program that was started at the instant of the writing still has the file open for it
    if (answer.exitCode !== 'ETXTBSY' || tries === triesWhileBusy) return answer;
    await pause(clock, busyPauseMs);
  }
}

const run = (path: string, args: readonly string[]): Promise<Answer> =>
  new Promise((done) => {
    const options = { timeout: patienceMs, killSignal: 'SIGKILL', windowsHide: true, maxBuffer: 1024 * 1024 } as const;
    const child = execFile(path, [...args], options, (error, out, err) => {
      const said = `${out}${err}`.trim().split('\n')[0]?.trim().slice(0, 300) ?? '';
      if (error === null) done({ exitCode: 0, text: said });
      else if (error.killed === true) done({ exitCode: 1, text: `it gave no answer within ${patienceMs / 1000} s` });
      else done({ exitCode: error.code ?? error.signal ?? 1, text: said || error.message.split('\n')[0]?.slice(0, 300) || '' });
    });
    child.stdin?.end();
  });
