import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { Language, type Node, Parser } from 'web-tree-sitter';
import { knownCommands, newParameters, textCommands, trapCommands } from './known-commands.ts';

/** What keeps a script from running under Windows PowerShell 5.1, as far as its text tells. */
export type PowerShellFault = { readonly line: number; readonly why: string };

/** @param included the sources of the scripts that it takes in (`. FILE`), whose functions it may call */
export type PowerShellCheck = (source: string, included?: readonly string[]) => PowerShellFault[];

/** Needs a Node that was started with `--liftoff-only`: the grammar is too large for the optimising compiler of WebAssembly. */
export async function createPowerShellCheck(): Promise<PowerShellCheck> {
  await Parser.init();
  const grammar = createRequire(import.meta.url).resolve('tree-sitter-pwsh/tree-sitter-powershell.wasm');
  const parser = new Parser();
  parser.setLanguage(await Language.load(await readFile(grammar)));
  const nodesOf = (source: string): Node[] => [...nodesIn((parser.parse(source) ?? unparsed()).rootNode)];
  return (source, included = []) => {
    const nodes = nodesOf(source);
    const functions = new Set(
      [...nodes, ...included.flatMap(nodesOf)].flatMap((node) => (node.type === 'function_name' ? node.text : [])),
    );
    const found = nodes.flatMap((node) => {
      const why = faultOf(node, functions);
      return why === undefined ? [] : [{ line: node.startPosition.row + 1, why }];
    });
    return [...found, ...foreignLetters(source)].sort((a, b) => a.line - b.line);
  };
}

function unparsed(): never {
  throw new Error('The grammar of PowerShell gave no tree.');
}

function* nodesIn(node: Node): Generator<Node> {
  yield node;
  for (const child of node.children) if (child !== null) yield* nodesIn(child);
}

/** Syntax that 5.1 lacks, by the name of its node. */
const newSyntax: Readonly<Record<string, string>> = {
  ternary_expression: 'Windows PowerShell has no `a ? b : c`',
  null_coalesce_expression: 'Windows PowerShell has no `??`',
  pipeline_chain_tail: 'Windows PowerShell has no `&&` and `||` between commands',
};

function faultOf(node: Node, functions: ReadonlySet<string>): string | undefined {
  if (node.isError || node.isMissing) return `syntax: ${node.text.slice(0, 60)}`;
  switch (node.type) {
    case 'assignment_operator':
      return node.text === '??=' ? 'Windows PowerShell has no `??=`' : undefined;
    case 'expandable_string_literal':
    case 'expandable_here_string_literal':
      return driveIn(node.text);
    case 'command_parameter':
      return newParameters.has(node.text) ? `Windows PowerShell has no parameter ${node.text}` : undefined;
    case 'command':
      return encodingFault(node.text);
    case 'command_name':
      return commandFault(node.text, functions);
    default:
      return newSyntax[node.type];
  }
}

/** In a text `$name:` reads a variable of the drive `name`, or is not valid at all: what is meant is `${name}:`. */
function driveIn(text: string): string | undefined {
  const name = /(?<!`)\$(?!(?:env|script|global|local|private|using|function|variable):)(\w+):/i.exec(text)?.[1];
  return name === undefined ? undefined : `$${name}: names a drive: write \${${name}}:`;
}

/** Programs by their whole names, so that no alias takes their place (`sc`, `curl`). */
function commandFault(name: string, functions: ReadonlySet<string>): string | undefined {
  const trap = trapCommands.get(name);
  if (trap !== undefined) return `${name} ${trap}`;
  if (knownCommands.has(name) || functions.has(name) || /\.exe$/i.test(name)) return undefined;
  return `${name} is neither a known cmdlet nor a function of the script (programs are called with .exe)`;
}

/** @param command with its parameters */
function encodingFault(command: string): string | undefined {
  const name = /^[\w-]+/.exec(command)?.[0] ?? '';
  if (!textCommands.has(name) || / -Encoding /.test(command)) return undefined;
  return `${name} without -Encoding takes the code page of the host`;
}

/** Without a mark at the beginning of the file, 5.1 reads it in the code page of the host. */
const foreignLetters = (source: string): PowerShellFault[] =>
  source.split('\n').flatMap((line, index) => {
    const letter = /[^\x20-\x7e\t\r]/.exec(line)?.[0];
    return letter === undefined ? [] : [{ line: index + 1, why: `${JSON.stringify(letter)} is not ASCII` }];
  });
