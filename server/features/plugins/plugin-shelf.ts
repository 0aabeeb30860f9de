import type { SignedCatalogue } from '../../../shared/plugin-bundle.ts';
import type { ServerIdentity } from '../auth/server-identity.ts';
import { type ArgsCheck, compileArgsCheck } from './args-check.ts';
import { signCatalogue } from './catalogue.ts';
import { type BundleRecord, type CurrentPlugin, type PluginView, viewOf } from './plugins.ts';

/** The plugins in memory: bundles by hash, which of them are current, and the catalogue that says so. */
export type PluginShelf = {
  current(name: string): PluginView | undefined;
  /** sorted by name */
  allCurrent(): readonly { readonly plugin: CurrentPlugin; readonly bundle: BundleRecord }[];
  byHash(sha256: string): PluginView | undefined;
  /** oldest first */
  bundlesOf(name: string): readonly BundleRecord[];
  currentOf(name: string): CurrentPlugin | undefined;
  /** agents may run it: it is in the newest catalogue */
  isTrusted(sha256: string): boolean;
  argsCheckOf(view: PluginView): ArgsCheck;
  signedCatalogue(): SignedCatalogue;
  generation(): number;
  /** Takes what was committed, all of it at once. */
  take(change: ShelfChange): void;
};

export type ShelfChange = {
  readonly generation: number;
  readonly added: readonly BundleRecord[];
  /** of the added bundles, by hash: made when they were checked, so that schemas are compiled once */
  readonly checks: ReadonlyMap<string, ArgsCheck>;
  readonly set: readonly CurrentPlugin[];
  readonly deleted: readonly string[];
  readonly pruned: readonly string[];
  /** of earlier bundles that open runs still use */
  readonly kept: readonly string[];
};

export function createPluginShelf(identity: Pick<ServerIdentity, 'sign'>): PluginShelf {
  const bundles = new Map<string, BundleRecord>();
  const current = new Map<string, CurrentPlugin>();
  const checks = new Map<string, ArgsCheck>();
  let trusted: ReadonlySet<string> = new Set();
  let generation = 0;
  let signed = signCatalogue(0, [], [], identity);

  const allCurrent: PluginShelf['allCurrent'] = () =>
    [...current.values()]
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .flatMap((plugin) => {
        const bundle = bundles.get(plugin.sha256);
        return bundle === undefined ? [] : [{ plugin, bundle }];
      });

  function byHash(sha256: string): PluginView | undefined {
    const bundle = bundles.get(sha256);
    return bundle === undefined ? undefined : viewOf(bundle, current.get(bundle.name)?.source ?? 'pushed');
  }

  return {
    current: (name) => byHash(current.get(name)?.sha256 ?? ''),
    allCurrent,
    byHash,
    bundlesOf: (name) => [...bundles.values()].filter((bundle) => bundle.name === name).sort((a, b) => a.createdAt - b.createdAt),
    currentOf: (name) => current.get(name),
    isTrusted: (sha256) => trusted.has(sha256),
    argsCheckOf({ sha256, manifest }) {
      const check = checks.get(sha256) ?? compileArgsCheck(manifest);
      checks.set(sha256, check);
      return check;
    },
    signedCatalogue: () => signed,
    generation: () => generation,
    take(change) {
      for (const bundle of change.added) if (!bundles.has(bundle.sha256)) bundles.set(bundle.sha256, bundle);
      for (const [sha256, check] of change.checks) checks.set(sha256, check);
      for (const plugin of change.set) current.set(plugin.name, plugin);
      for (const name of change.deleted) current.delete(name);
      for (const sha256 of change.pruned) bundles.delete(sha256);
      generation = change.generation;
      const inUse = new Set([...current.values()].map(({ sha256 }) => sha256));
      for (const sha256 of [...checks.keys()]) if (!inUse.has(sha256)) checks.delete(sha256);
      const kept = [...new Set(change.kept)]
        .filter((sha256) => !inUse.has(sha256))
        .flatMap((sha256) => bundles.get(sha256) ?? []);
      trusted = new Set([...inUse, ...kept.map(({ sha256 }) => sha256)]);
      signed = signCatalogue(
        generation,
        allCurrent().map(({ bundle }) => bundle),
        kept,
        identity,
      );
    },
  };
}
