/** How a program ended: with an exit code, or by a signal. */
export type ProgramExit = { readonly exitCode: number | null; readonly signal: string | null };

const signals: Readonly<Record<string, { number: number; meaning: string }>> = {
  SIGHUP: { number: 1, meaning: 'its terminal went away' },
  SIGINT: { number: 2, meaning: 'it was interrupted' },
  SIGQUIT: { number: 3, meaning: 'it was asked to quit' },
  SIGILL: { number: 4, meaning: 'it ran an instruction that this processor does not know' },
  SIGTRAP: { number: 5, meaning: 'it hit a breakpoint' },
  SIGABRT: { number: 6, meaning: 'it aborted itself, mostly after a failed check' },
  SIGBUS: { number: 7, meaning: 'it touched memory that is not there, or its disk failed' },
  SIGFPE: { number: 8, meaning: 'it divided by zero or overflowed' },
  SIGKILL: { number: 9, meaning: 'it was killed, mostly by the kernel because memory ran out, or by an administrator' },
  SIGSEGV: { number: 11, meaning: 'it crashed on invalid memory' },
  SIGPIPE: { number: 13, meaning: 'it wrote to a pipe that nobody reads' },
  SIGALRM: { number: 14, meaning: 'its own alarm rang' },
  SIGTERM: { number: 15, meaning: 'it was asked to end' },
  SIGXCPU: { number: 24, meaning: 'it used up its limit of CPU time' },
  SIGXFSZ: { number: 25, meaning: 'it wrote a file larger than its limit' },
};

/** Exit codes of the NT kernel, which Windows shows as large numbers. */
const windowsCodes: Readonly<Record<number, string>> = {
  3221225477: 'it crashed on invalid memory (0xC0000005)',
  3221225725: 'its stack overflowed (0xC00000FD)',
  3221225786: 'it was interrupted (0xC000013A)',
  3221225781: 'a DLL that it needs is missing (0xC0000135)',
};

/** One sentence that tells a person what an end means. */
export function exitSentence({ exitCode, signal }: ProgramExit): string {
  if (signal !== null) {
    const meaning = signals[signal]?.meaning;
    return `The program was ended by ${signal}${meaning === undefined ? '' : `: ${meaning}`}.`;
  }
  const meaning = exitCode === null ? undefined : meaningOf(exitCode);
  return `The program ended with exit code ${exitCode}${meaning === undefined ? '' : `: ${meaning}`}.`;
}

function meaningOf(exitCode: number): string | undefined {
  if (exitCode === 126) return 'a command was found but could not be run';
  if (exitCode === 127) return 'a command was not found';
  // a shell reports a command that was ended by a signal as 128 and the signal's number
  const named = Object.entries(signals).find(([, { number }]) => exitCode === 128 + number);
  return named === undefined ? windowsCodes[exitCode] : `${named[0]}, ${named[1].meaning}`;
}
