import { pathToFileURL } from 'node:url';
import { compileFunction, constants } from 'node:vm';
import type { PluginFunction } from '../../shared/plugin-api.ts';

type Module = { readonly [name: string]: unknown; readonly default?: unknown };

/** Imports a plugin's file (ESM, CommonJS or TypeScript) and finds the function of an action, if there is one. */
export async function importAction(path: string, action: string): Promise<PluginFunction | undefined> {
  const module = await importModule(pathToFileURL(path).href);
  const { default: exported } = module;
  if (Object.hasOwn(module, action) && isFunction(module[action])) return module[action];
  // what CommonJS exports is not always visible by name
  if (isObject(exported) && Object.hasOwn(exported, action) && isFunction(exported[action])) return exported[action];
  return action === 'main' && isFunction(exported) ? exported : undefined;
}

/**
 * `import()` of Node's own loader. Written so, because the `import()` of a program that is compiled into one executable finds only what
 * is inside it.
 */
const importModule = compileFunction('return import(url)', ['url'], {
  importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
}) as (url: string) => Promise<Module>;

const isFunction = (value: unknown): value is PluginFunction => typeof value === 'function';
const isObject = (value: unknown): value is Module => typeof value === 'object' && value !== null;
