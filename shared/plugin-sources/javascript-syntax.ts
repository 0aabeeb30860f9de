import { spawnSync } from 'node:child_process';
import { stripTypeScriptTypes } from 'node:module';
import { Script, SourceTextModule } from 'node:vm';

/**
 * A program of its own (`node --experimental-vm-modules javascript-syntax.ts`), because only so can a module be parsed and not run. Reads
 * from its standard input the sources as JSON, `[{"path": "index.ts", "text": "…"}]`, and writes what is wrong, `[{"path", "message",
 * "line", "column"}]`.
 */
type Source = { readonly path: string; readonly text: string };
type Fault = { readonly path: string; readonly message: string; readonly line: number | null; readonly column: number | null };

const chunks: Buffer[] = [];
for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
const sources = JSON.parse(Buffer.concat(chunks).toString('utf8')) as readonly Source[];
process.stdout.write(JSON.stringify(sources.flatMap(faultsOf)));

function faultsOf({ path, text }: Source): Fault[] {
  let plain = text;
  try {
    if (/\.[cm]?ts$/.test(path)) plain = stripTypeScriptTypes(text);
    if (isModule(path, plain)) new SourceTextModule(plain, { identifier: path });
    else asScript(path, plain);
    return [];
  } catch (error) {
    const { message, stack = '' } = error as Error;
    const place = placeIn(stack);
    // of a module the error itself does not know the place
    return [{ path, message, ...(place.line === null ? placeIn(checkedByNode(plain)) : place) }];
  }
}

function isModule(path: string, text: string): boolean {
  if (/\.(mjs|mts)$/.test(path) || /^\s*(import|export)\b/m.test(text)) return true;
  if (/\.(cjs|cts)$/.test(path)) return false;
  try {
    asScript(path, text);
    return false;
  } catch {
    // a module that was minified may export in the middle of its only line
    return /\b(?:await|import|export)\b/.test(text);
  }
}

/** The wrapper lets `return` stand at the top level, as the loader of CommonJS does. */
function asScript(path: string, text: string): Script {
  return new Script(`(function (exports, require, module) {${text}\n})`, { filename: path });
}

function checkedByNode(text: string): string {
  return spawnSync(process.execPath, ['--check', '--input-type=module', '-'], { input: text, encoding: 'utf8' }).stderr;
}

/** Node writes the place before the stack: `index.js:3`, lines of the source, and a caret under the column. */
function placeIn(text: string): Pick<Fault, 'line' | 'column'> {
  const lines = text.split('\n');
  const line = /:(\d+)$/.exec(lines[0] ?? '')?.[1];
  if (line === undefined) return { line: null, column: null };
  const caret = lines.find((one) => /^\s*\^+\s*$/.test(one));
  return { line: Number(line), column: caret === undefined ? null : caret.indexOf('^') + 1 };
}
