import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { MusterError } from '../../../shared/errors.ts';
import { pluginName } from '../../../shared/names.ts';
import type { Runtime } from '../../../shared/plugin-manifest.ts';
import { nodeTemplate, typescriptTemplate } from './node.ts';
import { pythonTemplate } from './python.ts';
import { bashTemplate, execTemplate, powershellTemplate } from './scripts.ts';
import type { Template } from './template.ts';

export type NewPlugin = { readonly name: string; readonly path: string; readonly files: readonly string[] };

export type NewPluginOptions = {
  readonly runtime: Runtime;
  readonly typescript: boolean;
  /** the folder in which its folder is made */
  readonly within: string;
  readonly cwd: string;
};

/**
 * Makes the folder of a plugin that works, with a test that passes.
 * @throws MusterError field_invalid for a name that cannot be, state_conflict where something stands already
 */
export function writeNewPlugin(name: string, { runtime, typescript, within, cwd }: NewPluginOptions): NewPlugin {
  const checked = pluginName.safeParse(name);
  if (!checked.success)
    throw new MusterError('field_invalid', `"${name}" cannot be the name of a plugin. ${checked.error.issues[0]?.message}`);
  if (typescript && runtime !== 'node')
    throw new MusterError('field_invalid', `--ts is for the runtime node, not for ${runtime}.`);
  const folder = resolve(cwd, within, name);
  const shown = relative(cwd, folder) || '.';
  if (existsSync(folder))
    throw new MusterError('state_conflict', `There is a ${shown} already: take another name, or remove it first.`);
  const template = typescript ? typescriptTemplate : templates[runtime];
  const files = {
    'plugin.json': manifestOf(name, runtime, template),
    ...template.files(),
    'README.md': readmeOf(name, shown, runtime, template),
  };
  mkdirSync(folder, { recursive: true });
  for (const [path, text] of Object.entries(files)) {
    const mode = template.executable?.includes(path) === true ? 0o755 : 0o644;
    writeFileSync(join(folder, path), text, { mode, flag: 'wx' });
  }
  return { name, path: shown, files: Object.keys(files) };
}

const templates: Readonly<Record<Runtime, Template>> = {
  node: nodeTemplate,
  python: pythonTemplate,
  bash: bashTemplate,
  powershell: powershellTemplate,
  exec: execTemplate,
};

function manifestOf(name: string, runtime: Runtime, { entry, byPosition }: Template): string {
  const text = { type: 'string', title: 'Name', description: 'Who is greeted.', default: 'world', minLength: 1, maxLength: 200 };
  const args = byPosition
    ? { type: 'array', prefixItems: [text], items: false }
    : { type: 'object', properties: { name: text }, additionalProperties: false };
  const main = {
    title: 'Greet somebody',
    description: 'Says hello in the log, and returns the greeting.',
    args,
    examples: byPosition ? [[], ['Ada']] : [{}, { name: 'Ada' }],
  };
  const manifest = { name, version: '0.1.0', description: 'Greets somebody.', runtime, entry, actions: { main } };
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

function readmeOf(name: string, path: string, runtime: Runtime, { entry, byPosition, further = '' }: Template): string {
  const args = byPosition ? '["Ada"]' : '{"name": "Ada"}';
  return `# ${name}

A plugin for Muster: \`plugin.json\` says what it is called and which arguments its actions take, \`${entry}\` does the work (runtime
\`${runtime}\`). Files whose names hold \`.test.\` are not sent to the server.

\`\`\`sh
npx muster plugins test ${path}                          # checks it, runs its examples and its tests
npx muster plugins run ${path} main --args '${args}'     # runs it here, as an agent would
npx muster plugins push ${path}                          # gives it to the server, and the server to the agents
npx muster run --on ALL --plugin ${name} --args '${args}'
\`\`\`
${further}`;
}
