import { runCli } from '../../cli/program.ts';
import type { Surroundings } from '../../cli/surroundings.ts';
import { type StubApi, stubToken } from './stub-api.ts';

export type CliEnd = { readonly code: number; readonly out: string; readonly err: string };

export type CliOptions = {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** what is on its standard input */
  readonly input?: string;
  readonly columns?: number;
  readonly colours?: boolean;
};

/** A command line in this process, with the stub as its server. */
export const cliWith =
  (api: Pick<StubApi, 'url'>) =>
  (args: readonly string[], options: CliOptions = {}): Promise<CliEnd> & { interrupt(): void } => {
    const out: string[] = [];
    const err: string[] = [];
    const interrupts = new Set<() => void>();
    const { columns = Number.POSITIVE_INFINITY, colours = false } = options;
    const nothing = (): Promise<void> => Promise.resolve();
    const surroundings: Surroundings = {
      env: { MUSTER_SERVER: api.url, MUSTER_TOKEN: stubToken, ...options.env },
      cwd: options.cwd ?? process.cwd(),
      stdout: { write: (text) => void out.push(text), drained: nothing, isTerminal: colours, columns, colours },
      stderr: { write: (text) => void err.push(text), drained: nothing, isTerminal: false, columns, colours: false },
      readSecret: async () => options.input ?? '',
      now: () => Date.parse('2026-01-05T12:00:10.000Z'),
      onInterrupt(callback) {
        interrupts.add(callback);
        return () => void interrupts.delete(callback);
      },
    };
    const end = runCli(args, surroundings).then((code) => ({ code, out: out.join(''), err: err.join('') }));
    return Object.assign(end, {
      interrupt: () => {
        for (const callback of [...interrupts]) callback();
      },
    });
  };
