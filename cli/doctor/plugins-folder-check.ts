import { type Dirent, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isLeftOver } from '../../shared/plugin-files.ts';
import { type Platform, runtimeOfFile } from '../../shared/plugin-manifest.ts';
import type { Finding } from '../output/findings.ts';
import { checkPlugin } from '../plugins/check-plugin.ts';
import { readPluginSource } from '../plugins/plugin-source.ts';

const what = 'plugins';

/** Whether the server will find plugins, and which of them it will refuse. */
export async function checkPluginsFolder(path: string, platform: Platform): Promise<Finding[]> {
  let entries: Dirent[];
  try {
    entries = readdirSync(path, { withFileTypes: true });
  } catch (error) {
    const detail = `${path} cannot be read (${(error as NodeJS.ErrnoException).code}).`;
    return [{ level: 'fail', what, detail, remedy: 'Start in the folder of Muster, or set MUSTER_PLUGINS_DIR.' }];
  }
  const plugins = entries.filter(isPlugin);
  const problems: Finding[] = [];
  for (const { name } of plugins) problems.push(...(await problemOf(path, name, platform)));
  const summary: Finding = { level: 'ok', what, detail: `${plugins.length - problems.length} in ${path}` };
  return [summary, ...problems];
}

/** As the server reads its folder: subfolders, and files that can be run. */
function isPlugin(entry: Dirent): boolean {
  const { name } = entry;
  if (isLeftOver(name) || name === 'node_modules') return false;
  if (entry.isDirectory()) return true;
  return runtimeOfFile(name) !== undefined && !name.endsWith('.d.ts');
}

async function problemOf(folder: string, name: string, platform: Platform): Promise<Finding[]> {
  const remedy = `\`npx muster plugins check ${join(folder, name)}\` tells more.`;
  try {
    const wrong = checkPlugin(await readPluginSource(name, folder), platform).find(({ level }) => level === 'fail');
    return wrong === undefined ? [] : [{ level: 'warn', what, detail: `${name}: ${wrong.detail}`, remedy }];
  } catch (error) {
    return [{ level: 'warn', what, detail: `${name}: ${(error as Error).message}`, remedy }];
  }
}
