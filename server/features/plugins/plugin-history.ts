import { toInstant } from '../../../shared/api/listing.ts';
import type { PluginDiff, PluginVersion, PluginVersionDetail } from '../../../shared/api/plugins.ts';
import { MusterError } from '../../../shared/errors.ts';
import { readableJson } from '../../../shared/json.ts';
import type { BundleFile, PluginBundle } from '../../../shared/plugin-bundle.ts';
import { bundleDiff } from './bundle-diff.ts';
import type { BundleTexts } from './bundle-texts.ts';
import { manifestPath } from './bundles.ts';
import type { Holdings } from './holdings.ts';
import { filesOf } from './plugin-detail.ts';
import { bundleOfInput, type PluginInput } from './plugin-input.ts';
import type { PluginShelf } from './plugin-shelf.ts';
import type { BundleRecord } from './plugins.ts';
import { chosenVersion } from './version-choice.ts';

/** The stored versions of plugins, and what is different between them. Those of a deleted plugin stay, until retention takes them. */
export type PluginHistory = {
  /** newest first; @throws MusterError not_found */
  versions(name: string): Promise<PluginVersion[]>;
  /** @throws MusterError not_found, field_invalid */
  version(name: string, version: string): Promise<PluginVersionDetail>;
  /** @param from without it, the version before `to`; `to` is the current one; @throws MusterError not_found, field_invalid */
  diff(name: string, from: string | undefined, to: string | undefined): Promise<PluginDiff>;
  /** What a push would change; nothing is stored. @throws MusterError plugin_invalid */
  compare(name: string, input: PluginInput): Promise<PluginDiff>;
  /** The files of a version, `plugin.json` among them. @throws MusterError not_found, field_invalid */
  files(name: string, version: string): Promise<BundleFile[]>;
};

export function createPluginHistory({
  holdings,
  shelf,
  texts,
}: {
  readonly holdings: Pick<Holdings, 'count'>;
  readonly shelf: PluginShelf;
  readonly texts: BundleTexts;
}): PluginHistory {
  function bundlesOf(name: string): readonly BundleRecord[] {
    const bundles = shelf.bundlesOf(name);
    if (bundles.length === 0) throw new MusterError('not_found', `There is no plugin "${name}".`);
    return bundles;
  }

  async function contentOf({ name, sha256 }: BundleRecord): Promise<PluginBundle> {
    const text = await texts.of(sha256);
    if (text === undefined) throw new MusterError('not_found', `This version of the plugin "${name}" is not stored any more.`);
    return JSON.parse(text.toString()) as PluginBundle;
  }

  const shown = (bundle: BundleRecord): PluginVersion => ({
    sha256: bundle.sha256,
    version: bundle.version,
    bytes: bundle.bytes,
    createdAt: toInstant(bundle.createdAt),
    createdBy: bundle.createdBy,
    current: shelf.currentOf(bundle.name)?.sha256 === bundle.sha256,
    heldBy: holdings.count(bundle.sha256),
  });

  const refOf = ({ version, sha256 }: BundleRecord) => ({ version, sha256 });

  return {
    async versions(name) {
      return bundlesOf(name).toReversed().map(shown);
    },
    async version(name, version) {
      const bundle = chosenVersion(name, bundlesOf(name), version);
      const { files } = await contentOf(bundle);
      const { runtime, actions } = bundle.manifest;
      return { ...shown(bundle), name, runtime, actions, files: filesOf(bundle.manifest, files) };
    },
    async diff(name, from, to) {
      const bundles = bundlesOf(name);
      const current = shelf.currentOf(name)?.sha256;
      const target =
        to === undefined
          ? (bundles.find(({ sha256 }) => sha256 === current) ?? (bundles.at(-1) as BundleRecord))
          : chosenVersion(name, bundles, to, 'to');
      const base = from === undefined ? bundles[bundles.indexOf(target) - 1] : chosenVersion(name, bundles, from, 'from');
      const [before, after] = await Promise.all([base === undefined ? undefined : contentOf(base), contentOf(target)]);
      const files = await bundleDiff(before, after);
      return { name, from: base === undefined ? null : refOf(base), to: refOf(target), files };
    },
    async compare(name, input) {
      const made = bundleOfInput(name, input);
      const sha256 = shelf.currentOf(name)?.sha256;
      const base = shelf.bundlesOf(name).find((bundle) => bundle.sha256 === sha256);
      const before = base === undefined ? undefined : await contentOf(base);
      const files = await bundleDiff(before, JSON.parse(made.text) as PluginBundle);
      return {
        name,
        from: base === undefined ? null : refOf(base),
        to: { version: made.manifest.version, sha256: made.sha256 },
        files,
      };
    },
    async files(name, version) {
      const bundle = chosenVersion(name, bundlesOf(name), version);
      const { files } = await contentOf(bundle);
      const text = `${readableJson(bundle.manifest)}\n`;
      return [{ path: manifestPath, executable: false, base64: Buffer.from(text).toString('base64') }, ...files];
    },
  };
}
