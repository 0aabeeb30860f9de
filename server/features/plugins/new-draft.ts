import type { Runtime } from '../../../shared/plugin-manifest.ts';
import type { DraftForm } from './draft-form.ts';

/** What a new plugin begins with in the editor: it works as it is. */
export function newDraft(name: string, runtime: NewRuntime): DraftForm {
  const { entry, text } = starters[runtime];
  const args = { type: 'object', properties: { name: { type: 'string', default: 'world' } }, additionalProperties: false };
  const action = runtime === 'node' || runtime === 'python' ? { args, examples: [{ name: 'Ada' }] } : {};
  const main = { title: 'Greet somebody', description: 'Says hello.', ...action };
  const manifest = { name, version: '0.1.0', description: '', runtime, entry, actions: { main } };
  return {
    base: null,
    files: [
      { path: 'plugin.json', was: null, text: `${JSON.stringify(manifest, null, 2)}\n` },
      { path: entry, was: null, text },
    ],
    removed: [],
    open: 1,
  };
}

export const newRuntimes = ['node', 'python', 'bash', 'powershell'] as const satisfies Runtime[];
export type NewRuntime = (typeof newRuntimes)[number];

const starters: Readonly<Record<NewRuntime, { readonly entry: string; readonly text: string }>> = {
  node: {
    entry: 'index.mjs',
    text: `export async function main({ name = 'world' }, context) {
  context.log(\`Hello, \${name}\`);
  return { status: 'success', message: \`Greeted \${name}.\`, data: { name } };
}
`,
  },
  python: {
    entry: 'main.py',
    text: `def main(name="world"):
    print(f"Hello, {name}")
    return {"status": "success", "message": f"Greeted {name}.", "data": {"name": name}}
`,
  },
  bash: { entry: 'main.sh', text: 'set -euo pipefail\necho "Hello from $(hostname)"\n' },
  powershell: { entry: 'main.ps1', text: '$ErrorActionPreference = "Stop"\nWrite-Output "Hello from $env:COMPUTERNAME"\n' },
};
