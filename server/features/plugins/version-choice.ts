import { MusterError } from '../../../shared/errors.ts';
import type { BundleRecord } from './plugins.ts';

const shownHashes = 5;

/**
 * The stored bundle that a person names, as `1.2.0` or by the beginning of its SHA-256.
 * @param bundles of one plugin
 * @throws MusterError not_found, or field_invalid when more than one is meant
 */
export function chosenVersion(name: string, bundles: readonly BundleRecord[], given: string, field = 'version'): BundleRecord {
  const wanted = given.trim();
  const byVersion = bundles.filter(({ version }) => version === wanted);
  const byHash = /^[0-9a-f]{6,64}$/.test(wanted) ? bundles.filter(({ sha256 }) => sha256.startsWith(wanted)) : [];
  const found = byVersion.length > 0 ? byVersion : byHash;
  const [one] = found;
  if (found.length > 1) {
    const hashes = found.slice(-shownHashes).map(({ sha256 }) => sha256.slice(0, 12));
    throw new MusterError(
      'field_invalid',
      `${found.length} stored versions of the plugin "${name}" are called "${wanted}": name one by the beginning of its SHA-256, such as ${hashes.join(', ')}.`,
      { field },
    );
  }
  if (one !== undefined) return one;
  const known = [...new Set(bundles.map(({ version, sha256 }) => `${version} (${sha256.slice(0, 12)})`))].slice(-shownHashes);
  throw new MusterError(
    'not_found',
    `The plugin "${name}" has no version "${wanted}" on this server. ${known.length === 0 ? 'It has none.' : `The newest are ${known.join(', ')}.`}`,
    { field },
  );
}
