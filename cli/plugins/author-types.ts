import { readFileSync } from 'node:fs';

const source = (name: string): string => readFileSync(new URL(`../../shared/${name}`, import.meta.url), 'utf8');

/** `muster.d.ts`: the types of the plugin API in one file, which stands in a plugin's own folder and needs nothing else. */
export function authorTypes(): string {
  const json = /^export type Json = .*;$/m.exec(source('json.ts'))?.[0] ?? '';
  const api = source('plugin-api.ts')
    .replace(/^import type .*;\n+/gm, '')
    // values have no place in a file of types
    .replace(/\/\*\*(?:(?!\*\/)[\s\S])*\*\/\nexport const [\s\S]*$/, '')
    .trimEnd();
  return `// The plugin API of Muster. Written by \`muster plugins types\`; not part of the plugin that is pushed.\n\n${json}\n\n${api}\n`;
}
