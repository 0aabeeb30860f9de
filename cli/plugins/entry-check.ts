import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { BundleFile } from '../../shared/plugin-bundle.ts';
import type { PluginManifest, Runtime } from '../../shared/plugin-manifest.ts';
import { visibleExports } from '../../shared/plugin-sources/javascript-exports.ts';
import { lineEndFaults } from '../../shared/plugin-sources/line-ends.ts';
import { pythonSyntax } from '../../shared/plugin-sources/python-syntax.ts';
import type { Finding } from '../output/findings.ts';

type Look = {
  readonly faults: readonly Fault[];
  /** functions that the entry has; undefined: that cannot be seen */
  readonly names?: readonly string[] | undefined;
  /** why the sources were not looked at, which an author may want to change */
  readonly unseen?: string;
  /** nobody looks at sources of this runtime */
  readonly isClosed?: true;
};
type Fault = { readonly path: string; readonly message: string; readonly line: number | null; readonly column: number | null };
type Source = { readonly path: string; readonly text: string };

/** Whether the sources of a plugin can be parsed, and whether its entry has a function for each action, as far as this host can tell. */
export function checkEntry(manifest: PluginManifest, files: readonly BundleFile[], path = process.env.PATH): Finding[] {
  const { entry, runtime } = manifest;
  const file = files.find((one) => one.path === entry);
  if (file === undefined) return [fail('entry', `The entry file ${entry} is not in the folder. It has ${shownPaths(files)}.`)];
  const { faults, names, unseen, isClosed } = lookAt(manifest, files, path);
  if (faults.length > 0) return faults.map((fault) => fail('syntax', `${placeOf(fault)}: ${fault.message}.`));
  const missing = names === undefined ? [] : Object.keys(manifest.actions).filter((action) => !names.includes(action));
  const there = Object.keys(manifest.actions).filter((action) => names?.includes(action) === true);
  const seen = isClosed ? '; its syntax is not looked at' : there.length === 0 ? '' : `, has ${there.join(', ')}`;
  return [
    unseen === undefined ? ok('entry', `${entry}${seen}`) : warn('entry', `${entry}; ${unseen}`),
    ...missing.map((action) => fail('entry', noFunction(entry, action, runtime, names ?? []))),
  ];
}

const shownFiles = 10;
const shownPaths = (files: readonly BundleFile[]): string => {
  const paths = files.slice(0, shownFiles).map(({ path }) => path);
  return [...paths, ...(files.length > shownFiles ? [`${files.length - shownFiles} more`] : [])].join(', ') || 'no files';
};

function lookAt(manifest: PluginManifest, files: readonly BundleFile[], path: string | undefined): Look {
  switch (manifest.runtime) {
    case 'node':
      return lookAtJavascript(manifest, sourcesIn(files, /\.([cm]?js|[cm]?ts)$/));
    case 'python':
      return lookAtPython(manifest, sourcesIn(files, /\.py$/), path);
    case 'bash':
      return lookAtBash(sourcesIn(files, /\.(sh|bash)$/), path);
    case 'exec':
      return lookAtProgram(manifest, files);
    case 'powershell':
      return { faults: [], isClosed: true };
  }
}

/** What others wrote is not the author's to mend. */
const sourcesIn = (files: readonly BundleFile[], pattern: RegExp): Source[] =>
  files
    .filter(({ path }) => pattern.test(path) && !/(^|\/)(node_modules|vendor)\/|\.d\.[cm]?ts$/.test(path))
    .map(({ path, base64 }) => ({ path, text: Buffer.from(base64, 'base64').toString('utf8') }));

const javascriptProgram = fileURLToPath(new URL('../../shared/plugin-sources/javascript-syntax.ts', import.meta.url));

function lookAtJavascript({ entry }: PluginManifest, sources: readonly Source[]): Look {
  const flags = ['--no-warnings', '--experimental-vm-modules', javascriptProgram];
  const answer = ask(process.execPath, flags, sources, process.env.PATH) as Fault[] | undefined;
  const text = sources.find(({ path }) => path === entry)?.text ?? '';
  return { faults: answer ?? [], names: visibleExports(text) };
}

function lookAtPython({ entry }: PluginManifest, sources: readonly Source[], path: string | undefined): Look {
  for (const python of ['python3', 'python']) {
    const answer = ask(python, ['-c', pythonSyntax], sources, path) as
      | { faults: Fault[]; names: Record<string, string[] | null> }
      | undefined;
    if (answer !== undefined) return { faults: answer.faults, names: answer.names[entry] ?? undefined };
  }
  return { faults: [], unseen: 'there is no Python 3 on this host to look into it' };
}

function lookAtBash(sources: readonly Source[], path: string | undefined): Look {
  const faults: Fault[] = lineEndFaults(sources);
  if (faults.length > 0) return { faults };
  for (const source of sources) {
    const { error, stderr, status } = spawnSync('bash', ['-n'], {
      input: source.text,
      encoding: 'utf8',
      env: { PATH: path, LC_ALL: 'C' },
    });
    if (error !== undefined) return { faults: [], unseen: 'there is no bash on this host to look into it' };
    const [, line, message = stderr.trim()] = /line (\d+): (.*)/.exec(stderr) ?? [];
    if (status !== 0) faults.push({ path: source.path, message, line: line === undefined ? null : Number(line), column: null });
  }
  return { faults };
}

function lookAtProgram({ entry }: PluginManifest, files: readonly BundleFile[]): Look {
  const bytes = Buffer.from(files.find(({ path }) => path === entry)?.base64 ?? '', 'base64');
  const begin = bytes.subarray(0, 4).toString('latin1');
  if (begin.startsWith('#!')) return { faults: lineEndFaults([{ path: entry, text: bytes.toString('utf8') }]) };
  const isKnown = begin === '\x7fELF' || begin.startsWith('MZ') || /\.(exe|cmd|bat)$/i.test(entry);
  if (isKnown || bytes[0] === 0xcf || bytes[0] === 0xca) return { faults: [] };
  return {
    faults: [],
    unseen: 'its first line names no interpreter (#!/bin/sh, for one), and it is no program of Linux or Windows',
  };
}

/** @returns undefined if the program is not there, or cannot say */
function ask(file: string, args: readonly string[], sources: readonly Source[], path: string | undefined): unknown {
  const { status, stdout } = spawnSync(file, args, {
    input: JSON.stringify(sources),
    encoding: 'utf8',
    env: { ...process.env, PATH: path },
  });
  return status === 0 ? (JSON.parse(stdout) as unknown) : undefined;
}

function noFunction(entry: string, action: string, runtime: Runtime, names: readonly string[]): string {
  const how = runtime === 'python' ? `def ${action}(…)` : `export async function ${action}(args, context)`;
  const there = names.length === 0 ? 'none' : names.join(', ');
  return `${entry} has no function for the action ${action}: write \`${how}\`, or take the action out of plugin.json. It has ${there}.`;
}

const placeOf = ({ path, line, column }: Fault): string => [path, line, column].filter((part) => part !== null).join(':');

const ok = (what: string, detail: string): Finding => ({ level: 'ok', what, detail });
const warn = (what: string, detail: string): Finding => ({ level: 'warn', what, detail });
const fail = (what: string, detail: string): Finding => ({ level: 'fail', what, detail });
