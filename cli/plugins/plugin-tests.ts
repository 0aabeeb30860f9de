import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { PluginSource } from './plugin-source.ts';

/** A test that stands beside the files of a plugin, and how it ended. */
export type TestEnd = { readonly file: string; readonly how: 'passed' | 'failed' | 'not run here'; readonly output: string };

/** Files of a plugin that hold `.test.` in their names; of a single file, those that are called like it. */
export function testsOf(source: PluginSource): string[] {
  const folder = source.kind === 'folder' ? source.path : dirname(source.path);
  const isOurs = (name: string): boolean => source.kind === 'folder' || basename(name).startsWith(`${source.name}.test.`);
  return readdirSync(folder, { recursive: source.kind === 'folder', encoding: 'utf8' })
    .filter((name) => commandOf(name) !== undefined && !/(^|[\\/])(node_modules|vendor)[\\/]/.test(name) && isOurs(name))
    .sort()
    .map((name) => join(folder, name));
}

/** Runs one, in its folder, with the program that its ending stands for. */
export async function runTest(file: string, env: Readonly<Record<string, string | undefined>>): Promise<TestEnd> {
  const { program, args } = commandOf(file) ?? { program: file, args: [] };
  const output: Buffer[] = [];
  // a test of Node's that runs inside another one would report to that
  const { NODE_TEST_CONTEXT: _outer, ...own } = env;
  const child = spawn(program, [...args, basename(file)], {
    cwd: dirname(file),
    env: own as NodeJS.ProcessEnv,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => output.push(chunk));
  const how = await new Promise<TestEnd['how']>((resolve) => {
    child.once('error', (error) => {
      output.push(Buffer.from(`${program} cannot be started: ${error.message}\n`));
      resolve('not run here');
    });
    child.once('close', (code) => resolve(code === 0 ? 'passed' : 'failed'));
  });
  return { file, how, output: Buffer.concat(output).toString('utf8') };
}

function commandOf(file: string): { readonly program: string; readonly args: readonly string[] } | undefined {
  const ending = /\.test\.([a-z0-9]+)$/.exec(file)?.[1];
  switch (ending) {
    case 'js':
    case 'mjs':
    case 'cjs':
    case 'ts':
      return { program: process.execPath, args: ['--no-warnings', '--test'] };
    case 'py':
      // no __pycache__ beside the plugin
      return { program: 'python3', args: ['-B'] };
    case 'sh':
      return { program: 'bash', args: [] };
    case 'ps1':
      return { program: 'pwsh', args: ['-NoProfile', '-NonInteractive', '-File'] };
    default:
      return undefined;
  }
}
