import { statSync } from 'node:fs';
import type { Command } from 'commander';
import { MusterError } from '../../shared/errors.ts';
import { type Context, exitCodes, type Perform } from '../context.ts';
import { addInGroup } from '../groups.ts';
import { findingsText } from '../output/findings.ts';
import { dependencyFindings } from '../plugins/dependency-findings.ts';
import { pluginPathOf, readPluginSource } from '../plugins/plugin-source.ts';
import { installsFor } from '../plugins/vendor.ts';
import { pluginArgument } from './plugins-author.ts';

export function addPluginVendor(group: Command, perform: Perform): void {
  addInGroup(group, 'vendor', 'fetch what a plugin declares in package.json or requirements.txt, into its folder')
    .argument(...pluginArgument)
    .action(perform(vendor));
}

async function vendor(context: Context, given: string): Promise<number> {
  const { surroundings, stdout } = context;
  const path = pluginPathOf(given, surroundings.cwd);
  const installs = statSync(path).isDirectory() ? installsFor(path, surroundings.env, surroundings.stderr) : [];
  if (installs.length === 0)
    throw new MusterError('plugin_invalid', `${given} declares nothing: there is no package.json and no requirements.txt in it.`);
  for (const install of installs) await install.run();
  const source = await readPluginSource(given, surroundings.cwd);
  const findings = source.kind === 'folder' ? dependencyFindings(source.dependencies) : [];
  context.print({ name: source.name, findings }, () => findingsText(findings, stdout));
  return findings.some(({ level }) => level === 'fail') ? exitCodes.failed : exitCodes.done;
}
