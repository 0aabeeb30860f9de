import { canonicalJson, type Json } from '../../../shared/json.ts';
import type { Catalogue, SignedCatalogue } from '../../../shared/plugin-bundle.ts';
import type { ServerIdentity } from '../auth/server-identity.ts';
import { type BundleRecord, entryOf } from './plugins.ts';

/** Always the same text for the same content, so that an agent sees at once that nothing is new. */
export function signCatalogue(
  generation: number,
  current: readonly BundleRecord[],
  kept: readonly BundleRecord[],
  identity: Pick<ServerIdentity, 'sign'>,
): SignedCatalogue {
  const catalogue: Catalogue = { generation, plugins: sorted(current), kept: sorted(kept) };
  const text = canonicalJson(catalogue as unknown as Json);
  return { text, signature: identity.sign(text) };
}

const sorted = (bundles: readonly BundleRecord[]): Catalogue['plugins'] =>
  bundles.map(entryOf).sort((a, b) => (a.name < b.name || (a.name === b.name && a.sha256 < b.sha256) ? -1 : 1));

/**
 * The number of the next catalogue. It also follows the clock, so that a server whose database was restored from a backup does not repeat
 * numbers that its agents have seen already, which they would refuse.
 */
export const nextGeneration = (generation: number, now: number): number => Math.max(generation + 1, Math.floor(now / 1000));
