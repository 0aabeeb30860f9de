import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Runtime } from '../../../shared/plugin-manifest.ts';
import { visibleExports } from '../../../shared/plugin-sources/javascript-exports.ts';
import { lineEndFaults } from '../../../shared/plugin-sources/line-ends.ts';
import { pythonSyntax } from '../../../shared/plugin-sources/python-syntax.ts';
import { createInTurn } from './in-turn.ts';

export type Source = { readonly path: string; readonly text: string };
export type SyntaxFault = {
  readonly path: string;
  readonly message: string;
  readonly line: number | null;
  readonly column: number | null;
};
export type SyntaxLook = {
  readonly faults: readonly SyntaxFault[];
  /** functions that the entry has; undefined: that cannot be seen */
  readonly names: readonly string[] | undefined;
  /** why the sources were not looked at */
  readonly unseen: string | null;
};

/** Parses the sources of a plugin without running them, each look in a process of its own and never two at a time. */
export type SourceSyntax = (runtime: Runtime, entry: string, sources: readonly Source[]) => Promise<SyntaxLook>;

const maxChars = 1024 * 1024;
const limitMs = 5_000;
const javascriptProgram = fileURLToPath(new URL('../../../shared/plugin-sources/javascript-syntax.ts', import.meta.url));
const nothing: SyntaxLook = { faults: [], names: undefined, unseen: null };

export function createSourceSyntax(): SourceSyntax {
  const inTurn = createInTurn();
  return (runtime, entry, all) => {
    const sources = all.filter(({ path }) => endings[runtime]?.test(path) === true);
    const size = sources.reduce((sum, { text }) => sum + text.length, 0);
    if (size > maxChars) return Promise.resolve({ ...nothing, unseen: 'there is too much of it to be looked at here' });
    if (sources.length === 0) return Promise.resolve(nothing);
    return inTurn(() => lookers[runtime](entry, sources));
  };
}

const endings: Readonly<Partial<Record<Runtime, RegExp>>> = {
  node: /\.([cm]?js|[cm]?ts)$/,
  python: /\.py$/,
  bash: /\.(sh|bash)$/,
};

type Looker = (entry: string, sources: readonly Source[]) => Promise<SyntaxLook>;
const lookers: Readonly<Record<Runtime, Looker>> = {
  node: lookAtJavascript,
  python: lookAtPython,
  bash: lookAtBash,
  powershell: async () => nothing,
  exec: async () => nothing,
};

async function lookAtJavascript(entry: string, sources: readonly Source[]): Promise<SyntaxLook> {
  const flags = ['--no-warnings', '--experimental-vm-modules', javascriptProgram];
  const answer = await run(process.execPath, flags, JSON.stringify(sources));
  const text = sources.find(({ path }) => path === entry)?.text ?? '';
  const names = visibleExports(text);
  if (answer?.code !== 0) return { faults: [], names, unseen: 'its syntax could not be looked at in time' };
  return { faults: JSON.parse(answer.stdout) as SyntaxFault[], names, unseen: null };
}

async function lookAtPython(entry: string, sources: readonly Source[]): Promise<SyntaxLook> {
  const answer = await run('python3', ['-I', '-c', pythonSyntax], JSON.stringify(sources));
  if (answer?.code !== 0) return { ...nothing, unseen: 'there is no Python 3 beside the server to look into it' };
  const { faults, names } = JSON.parse(answer.stdout) as { faults: SyntaxFault[]; names: Record<string, string[] | null> };
  return { faults, names: names[entry] ?? undefined, unseen: null };
}

async function lookAtBash(_entry: string, sources: readonly Source[]): Promise<SyntaxLook> {
  const faults: SyntaxFault[] = lineEndFaults(sources);
  for (const { path, text } of faults.length > 0 ? [] : sources) {
    const answer = await run('bash', ['--noprofile', '--norc', '-n'], text);
    if (answer === undefined) return { ...nothing, unseen: 'there is no bash beside the server to look into it' };
    const [, line, message = answer.stderr.trim()] = /line (\d+): (.*)/.exec(answer.stderr) ?? [];
    if (answer.code !== 0) faults.push({ path, message, line: line === undefined ? null : Number(line), column: null });
  }
  return { faults, names: undefined, unseen: null };
}

type Ran = { readonly code: number; readonly stdout: string; readonly stderr: string };

/** @returns undefined if the program is not there, or took too long */
function run(file: string, args: readonly string[], input: string): Promise<Ran | undefined> {
  return new Promise((resolve) => {
    // nothing of what the server knows from its environment
    const env = { PATH: process.env.PATH, LC_ALL: 'C' };
    const options = { env, timeout: limitMs, killSignal: 'SIGKILL' as const, maxBuffer: 4 * maxChars };
    const child = execFile(file, args, options, (error, stdout, stderr) => {
      const code = error === null ? 0 : error.code;
      resolve(typeof code === 'number' ? { code, stdout, stderr } : undefined);
    });
    // it may end before it has read everything
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
  });
}
