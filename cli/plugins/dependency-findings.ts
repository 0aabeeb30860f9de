import type { PluginDependencies } from '../../shared/plugin-folder/walk-plugin.ts';
import type { Finding } from '../output/findings.ts';

const what = 'depends on';
const mostShown = 5;

/** What goes along with a plugin, what is missing of it, and what of it will not run everywhere. */
export function dependencyFindings({ packages, native, faults }: PluginDependencies): Finding[] {
  if (faults.length > 0) return faults.map((detail): Finding => ({ level: 'fail', what, detail }));
  if (packages.length === 0) return [];
  const more = packages.length > mostShown ? ` and ${packages.length - mostShown} more` : '';
  const detail = `${packages.slice(0, mostShown).join(', ')}${more}, which go along`;
  if (native.length === 0) return [{ level: 'ok', what, detail }];
  return [
    { level: 'ok', what, detail },
    {
      level: 'warn',
      what,
      detail: `${native[0]} is native code: it runs on hosts that are like this one (system, processor, version of the interpreter)`,
    },
  ];
}
