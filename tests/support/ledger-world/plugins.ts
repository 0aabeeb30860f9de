import type { TasksFeatureResources } from '../../../server/features/tasks/tasks.feature.ts';
import type { PluginManifest } from '../../../shared/plugin-manifest.ts';

type Bundle = { readonly name: string; readonly version: string; readonly sha256: string; readonly manifest: PluginManifest };

const manifest: PluginManifest = {
  name: 'any',
  version: '1.0.0',
  description: '',
  runtime: 'node',
  entry: 'index.ts',
  actions: { main: {} },
};

const known: readonly Bundle[] = [
  { name: 'any', version: '1.0.0', sha256: 'a'.repeat(64), manifest },
  {
    name: 'windows',
    version: '1.0.0',
    sha256: 'b'.repeat(64),
    manifest: { ...manifest, name: 'windows', platforms: ['win32'] },
  },
];

export function bundleOf(name: string): Bundle {
  const bundle = known.find((one) => one.name === name);
  if (bundle === undefined) throw new Error(`There is no bundle ${name}.`);
  return bundle;
}

/** Two plugins: one that runs everywhere, and one for Windows alone. */
export const bundles: TasksFeatureResources['plugins'] = {
  current: (name) => known.find((bundle) => bundle.name === name),
  byHash: (sha256) => known.find((bundle) => bundle.sha256 === sha256),
  checkCall: (plugin) => bundleOf(plugin),
  hold: async () => undefined,
};
