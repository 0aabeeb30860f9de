/**
 * What of the logs of server and agent reaches the terminal. Unless a log level was asked for, only what a person should act on: warnings
 * and errors, on the standard error. With a level, every line of it, unchanged, on the standard output for whatever reads JSON there.
 */
export type LogView = { onLine(line: string): void; onNotice(line: string): void };

export type LogViewOptions = {
  readonly name: string;
  readonly everything: boolean;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
};

const warnLevel = 40;

export function createLogView({ name, everything, out, err }: LogViewOptions): LogView {
  return {
    onLine(line) {
      if (everything) out(`${line}\n`);
      else if (isForPeople(line)) err(`${sentenceOf(name, line)}\n`);
    },
    onNotice: (line) => err(`${line}\n`),
  };
}

type LogLine = {
  readonly level: number;
  readonly msg: string;
  readonly err?: { readonly message?: string };
  readonly message?: string;
};

/** What is not JSON was written in trouble. */
const isForPeople = (line: string): boolean => (parse(line)?.level ?? warnLevel) >= warnLevel;

function sentenceOf(name: string, line: string): string {
  const parsed = parse(line);
  if (parsed === undefined) return line;
  const why = parsed.err?.message ?? parsed.message;
  return `${name}: ${parsed.msg}${why === undefined ? '' : `: ${why}`}`;
}

function parse(line: string): LogLine | undefined {
  try {
    const value: unknown = JSON.parse(line);
    const isLog = typeof value === 'object' && value !== null && 'level' in value && 'msg' in value;
    return isLog ? (value as LogLine) : undefined;
  } catch {
    return undefined;
  }
}
