import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FoundFile } from './collection.ts';

/** What a dependency has that was compiled for one kind of host. */
export const nativeFiles = (files: readonly FoundFile[]): string[] =>
  files.flatMap(({ path }) => (/^(node_modules|vendor)\//.test(path) && isNative.test(path) ? [path] : []));

const isNative = /\.(node|pyd|dll|dylib|so(\.\d+)*)$/i;

/**
 * Native code runs where it was made for, so that a plugin with some must say which platform that is.
 * @returns what is wrong, if anything is
 */
export async function nativeFaults(folder: string, native: readonly string[]): Promise<string[]> {
  const [first] = native;
  if (first === undefined || (await platformsOf(folder)).length === 1) return [];
  const more = native.length === 1 ? '' : ` and ${native.length - 1} more`;
  return [
    `${first}${more} is native code, which runs on one platform only: name that one under \`platforms\` in plugin.json, such as ["linux"], or use a package without native code.`,
  ];
}

async function platformsOf(folder: string): Promise<unknown[]> {
  try {
    const { platforms } = JSON.parse((await readFile(join(folder, 'plugin.json'), 'utf8')).replace(/^\uFEFF/, ''));
    return Array.isArray(platforms) ? platforms : [];
  } catch {
    return []; // a manifest that cannot be read is told of elsewhere
  }
}
