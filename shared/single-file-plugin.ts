import { MusterError } from './errors.ts';
import { pluginName } from './names.ts';
import { defaultManifest, type PluginManifest, type Runtime, runtimeOfFile } from './plugin-manifest.ts';

/**
 * The manifest of a plugin that is one file. Its actions are the functions that can be seen in it; `main` is always there, because not
 * every way to define it can be seen.
 * @throws MusterError plugin_invalid
 */
export function singleFileManifest(name: string, fileName: string, source: string): PluginManifest {
  const runtime = runtimeOfFile(fileName);
  const stem = fileName.slice(0, fileName.lastIndexOf('.'));
  if (runtime === undefined || fileName.includes('/')) {
    throw invalid(`"${fileName}" is not a file that can be run: use a name that ends in .js, .mjs, .cjs, .ts, .py, .sh or .ps1.`);
  }
  if (stem !== name)
    throw invalid(`The file is called "${fileName}", but the plugin "${name}": the name of the file is that of the plugin.`);
  const checked = pluginName.safeParse(name);
  if (!checked.success) throw invalid(`"${name}" cannot be the name of a plugin: ${checked.error.issues[0]?.message}`);
  return defaultManifest(name, fileName, runtime, actionsOf(runtime, source));
}

function actionsOf(runtime: Runtime, source: string): string[] {
  const found = runtime === 'python' ? pythonFunctions(source) : runtime === 'node' ? nodeExports(source) : [];
  return [...new Set(['main', ...found])].filter((name) => /^[A-Za-z][A-Za-z0-9_]{0,63}$/.test(name)).slice(0, 100);
}

/** Functions at the top level; those with a leading underscore are private. */
export const pythonFunctions = (source: string): string[] => matches(source, /^(?:async[ \t]+)?def[ \t]+([A-Za-z]\w*)[ \t]*\(/gm);

/** What a JavaScript or TypeScript file exports by name, as far as it can be seen without running it. */
export function nodeExports(source: string): string[] {
  const lists = matches(source, /^export[ \t]*\{([^}]*)\}/gm).flatMap((list) =>
    list.split(',').map((item) => item.trim().split(/\s+/)),
  );
  return [
    ...matches(source, /^export[ \t]+(?:async[ \t]+)?function[ \t]*\*?[ \t]*([A-Za-z]\w*)/gm),
    ...matches(source, /^export[ \t]+const[ \t]+([A-Za-z]\w*)[^=\n]*=[ \t]*(?:async\b|function\b|\()/gm),
    ...matches(source, /^(?:module\.)?exports\.([A-Za-z]\w*)[ \t]*=/gm),
    ...lists.flatMap((words) => (words[0] === 'type' || words.at(-1) === 'default' ? [] : (words.at(-1) ?? []))),
  ];
}

const matches = (source: string, pattern: RegExp): string[] => [...source.matchAll(pattern)].map((match) => match[1] ?? '');

const invalid = (message: string): MusterError => new MusterError('plugin_invalid', message, { field: 'file' });
