import { authorTypes } from '../author-types.ts';
import type { Template } from './template.ts';

/** JavaScript: exported functions are actions. */
export const nodeTemplate: Template = {
  entry: 'index.js',
  byPosition: false,
  files: () => ({
    'index.js': `/**
 * Greets somebody. What is logged can be followed live; what is returned is the result.
 *
 * @param {{ name?: string }} args as plugin.json describes them
 * @param {{ log(message: string): void, signal: AbortSignal, workspace: string }} context
 */
export async function main({ name = 'world' }, context) {
  const greeting = \`Hello, \${name}\`;
  context.log(greeting);
  return { status: 'success', message: \`Greeted \${name}.\`, data: { greeting } };
}
`,
    'package.json': `${JSON.stringify({ private: true, type: 'module' }, null, 2)}\n`,
    'index.test.js': testOf('js', ''),
  }),
};

/** TypeScript: the agent removes the types and runs it; there is nothing to build. */
export const typescriptTemplate: Template = {
  entry: 'index.ts',
  byPosition: false,
  files: () => ({
    'index.ts': `import type { PluginContext, PluginResult } from './muster.d.ts';

/** As plugin.json describes them. */
type Args = { readonly name?: string };

/** Greets somebody. What is logged can be followed live; what is returned is the result. */
export async function main({ name = 'world' }: Args, context: PluginContext): Promise<PluginResult> {
  const greeting = \`Hello, \${name}\`;
  context.log(greeting);
  return { status: 'success', message: \`Greeted \${name}.\`, data: { greeting } };
}
`,
    'package.json': `${JSON.stringify({ private: true, type: 'module' }, null, 2)}\n`,
    'index.test.ts': testOf('ts', ' as never'),
    'muster.d.ts': authorTypes(),
    'tsconfig.json': `${JSON.stringify(compilerOptions, null, 2)}\n`,
  }),
  further: `
\`muster.d.ts\` holds the types of what a plugin gets and returns; \`npx muster plugins types > muster.d.ts\` writes those of a newer
Muster. \`npx -p typescript tsc -p .\` checks them. Only syntax that can be erased works: no \`enum\`, no \`namespace\` with code.
For the types of Node itself, \`npm install --save-dev @types/node\`.
`,
};

const compilerOptions = {
  compilerOptions: {
    target: 'es2024',
    lib: ['es2024', 'dom'],
    module: 'nodenext',
    strict: true,
    noEmit: true,
    erasableSyntaxOnly: true,
    verbatimModuleSyntax: true,
    allowImportingTsExtensions: true,
  },
  exclude: ['**/*.test.ts'],
};

const testOf = (ending: 'js' | 'ts', cast: string): string => `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { main } from './index.${ending}';

test('it greets whom it is told to', async () => {
  const said${ending === 'ts' ? ': string[]' : ''} = [];
  const context = { log: (line${ending === 'ts' ? ': string' : ''}) => said.push(line) };
  const result = await main({ name: 'Ada' }, context${cast});
  assert.deepEqual(said, ['Hello, Ada']);
  assert.deepEqual(result, { status: 'success', message: 'Greeted Ada.', data: { greeting: 'Hello, Ada' } });
});
`;
