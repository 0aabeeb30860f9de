import type { Bundle } from '../../../agent/plugins/bundle.ts';
import type { PluginCache } from '../../../agent/plugins/plugin-cache.ts';
import type { TrustedCatalogue } from '../../../agent/plugins/trusted-catalogue.ts';
import type { SignedCatalogue } from '../../../shared/plugin-bundle.ts';

/**
 * Stands for the bundles on the disk of a host: every host of this process holds what the catalogue of the server names, without having
 * fetched it. The catalogue itself is the agent's own, verified once for all hosts of the process.
 */
export type SimulatedPlugins = Pick<PluginCache, 'ready' | 'obtain'> & {
  update(signed: SignedCatalogue): void;
  held(): { name: string; sha256: string }[];
  digest(): string | undefined;
};

export function createSimulatedPlugins(catalogue: TrustedCatalogue): SimulatedPlugins {
  const bundles = new Map<string, Bundle>();

  function ready(name: string, sha256: string): Bundle | undefined {
    const known = bundles.get(sha256);
    if (known !== undefined) return known;
    const entry = catalogue.find(name, sha256);
    if (entry === undefined) return undefined;
    const manifest: Bundle['manifest'] = {
      name,
      version: entry.version,
      description: '',
      runtime: 'exec',
      entry: 'none',
      actions: { main: {} },
    };
    const bundle = { name, sha256, dir: '', manifest };
    bundles.set(sha256, bundle);
    return bundle;
  }

  return {
    ready,
    async obtain(name, sha256) {
      const bundle = ready(name, sha256);
      if (bundle !== undefined) return { bundle };
      return { refusal: { reason: 'plugin_unknown', message: `The catalogue does not name ${name} with this hash.` } };
    },
    update: (signed) => void catalogue.accept(signed),
    digest: catalogue.digest,
    held: () => catalogue.current().map(({ name, sha256 }) => ({ name, sha256 })),
  };
}
