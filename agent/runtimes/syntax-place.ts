import { readdirSync, readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { dirname, extname, join, relative } from 'node:path';
import { Script } from 'node:vm';

const mostFiles = 200;

/**
 * Where a plugin cannot be parsed, as `lib/index.js:3`. The error of Node's loader does not tell, so the files are parsed once more, in a way
 * that does; undefined when that finds nothing, or something else.
 * @param entry full path of the file that was to be imported
 */
export function placeOfSyntaxError(entry: string, { message }: Error): string | undefined {
  for (const path of [entry, ...filesBeside(entry)]) {
    const line = lineOfFault(path, message);
    if (line !== undefined) return `${relative(dirname(entry), path)}:${line}`;
  }
  return undefined;
}

function lineOfFault(path: string, message: string): number | undefined {
  try {
    const text = readFileSync(path, 'utf8');
    const plain = /ts$/.test(extname(path)) ? withoutTypes(text) : text;
    // a script that is parsed and not run knows no modules: their words give way to spaces
    const asScript = plain.replace(/^\s*import\b.*$|^\s*export\s*(\{.*|\*.*|default\b)?/gm, (words) => words.replace(/\S/g, ' '));
    new Script(`async () => {${asScript}\n}`, { filename: 'plugin' });
  } catch (error) {
    const { message: found, stack = '' } = error as Error;
    const line = /^.*?:(\d+)$/m.exec(stack)?.[1];
    if (found === message && line !== undefined) return Number(line);
  }
  return undefined;
}

/** Node warns once that this may change, in the middle of the log of the plugin. */
function withoutTypes(text: string): string {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return stripTypeScriptTypes(text);
  } finally {
    process.emitWarning = emitWarning;
  }
}

function filesBeside(entry: string): string[] {
  const folder = dirname(entry);
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.[cm]?[jt]s$/.test(name) && !/node_modules/.test(name))
    .slice(0, mostFiles)
    .map((name) => join(folder, name))
    .filter((path) => path !== entry);
}
