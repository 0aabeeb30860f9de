import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { SignedEntry } from '../../shared/plugin-bundle.ts';
import type { ReasonCode } from '../../shared/reasons.ts';
import type { Bundle } from './bundle.ts';
import { type DownloadAccess, downloadBundle } from './bundle-download.ts';
import { unpackBundle, type VerifiedFolder, verifyFolder } from './bundle-folder.ts';
import type { TrustedCatalogue } from './trusted-catalogue.ts';

/**
 * The bundles on this host, one folder `<name>@<sha256>` each. A bundle runs only if the trusted catalogue names it, and only after its
 * files were proved against its hash by this very process; afterwards a look at their marks tells whether they were touched.
 */
export type PluginCache = {
  /** The bundle if it can be used at once. */
  ready(name: string, sha256: string): Bundle | undefined;
  /** Proves or fetches it first. A refusal is final. Rejects if it could not be fetched now. */
  obtain(name: string, sha256: string): Promise<Obtained>;
  isOnDisk(entry: { readonly name: string; readonly sha256: string }): boolean;
  held(): { name: string; sha256: string }[];
  /** Removes the bundles that the catalogue does not name any more, but for those that `isUsed`. */
  prune(isUsed: (sha256: string) => boolean): void;
  /** Undefined when there is no connection: nothing can be fetched. */
  setAccess(access: DownloadAccess | undefined): void;
  /** Calls back when a bundle came or went. */
  onChange(listener: () => void): void;
};

export type Obtained =
  | { readonly bundle: Bundle }
  | {
      readonly refusal: { readonly reason: Extract<ReasonCode, 'plugin_unknown' | 'plugin_tampered'>; readonly message: string };
    };

export function createPluginCache(resources: {
  readonly path: string;
  readonly catalogue: TrustedCatalogue;
  readonly log: Logger;
}): PluginCache {
  const { path, catalogue, log } = resources;
  const proved = new Map<string, { bundle: Bundle; folder: VerifiedFolder }>();
  const underWay = new Map<string, Promise<Obtained>>();
  const listeners: (() => void)[] = [];
  let access: DownloadAccess | undefined;

  for (const name of readdirSync(path)) {
    if (name.endsWith('.unpacking')) rmSync(join(path, name), { recursive: true, force: true });
  }

  const folderOf = ({ name, sha256 }: Pick<SignedEntry, 'name' | 'sha256'>): string => join(path, `${name}@${sha256}`);

  async function obtain(entry: SignedEntry): Promise<Obtained> {
    if (existsSync(folderOf(entry))) return prove(entry) ?? refuseTampered(entry);
    await fetch(entry);
    return prove(entry) ?? refuseTampered(entry);
  }

  async function fetch(entry: SignedEntry): Promise<void> {
    if (access === undefined) throw new Error('there is no connection to the server');
    const text = await downloadBundle(access, entry);
    // instant: plugin-downloaded
    await unpackBundle(text, folderOf(entry));
    log.info({ plugin: entry.name, version: entry.version, sha256: entry.sha256 }, 'plugin_fetched');
    changed();
  }

  function changed(): void {
    for (const listener of listeners) listener();
  }

  function prove({ name, sha256 }: SignedEntry): { bundle: Bundle } | undefined {
    const folder = verifyFolder(folderOf({ name, sha256 }), sha256);
    if (folder === undefined) return undefined;
    const bundle: Bundle = { name, sha256, dir: folder.dir, manifest: folder.manifest };
    proved.set(sha256, { bundle, folder });
    return { bundle };
  }

  /** The attempt at hand is refused, so that somebody looks; the next one finds a fresh copy. */
  function refuseTampered(entry: SignedEntry): Obtained {
    log.error({ plugin: entry.name, sha256: entry.sha256 }, 'plugin_tampered');
    proved.delete(entry.sha256);
    rmSync(folderOf(entry), { recursive: true, force: true });
    changed();
    const message = `The files of the plugin ${entry.name} on this host were changed: they do not match its signed hash. They were removed, and will be fetched again.`;
    return { refusal: { reason: 'plugin_tampered', message } };
  }

  return {
    ready(name, sha256) {
      const known = proved.get(sha256);
      if (known === undefined || known.bundle.name !== name || !known.folder.isUntouched()) return undefined;
      return catalogue.find(name, sha256) === undefined ? undefined : known.bundle;
    },
    async obtain(name, sha256) {
      const entry = catalogue.find(name, sha256);
      if (entry === undefined) {
        const message = `The plugin ${name} with this hash is not in the catalogue that the server signed.`;
        return { refusal: { reason: 'plugin_unknown', message } };
      }
      const promise = underWay.get(sha256) ?? obtain(entry).finally(() => underWay.delete(sha256));
      underWay.set(sha256, promise);
      return promise;
    },
    isOnDisk: (entry) => existsSync(folderOf(entry)),
    held: () =>
      catalogue
        .all()
        .filter((entry) => existsSync(folderOf(entry)))
        .map(({ name, sha256 }) => ({ name, sha256 })),
    prune(isUsed) {
      const wanted = new Set(catalogue.all().map((entry) => `${entry.name}@${entry.sha256}`));
      for (const name of readdirSync(path)) {
        const sha256 = /@([0-9a-f]{64})$/.exec(name)?.[1];
        if (sha256 === undefined || wanted.has(name) || isUsed(sha256)) continue;
        proved.delete(sha256);
        rmSync(join(path, name), { recursive: true, force: true });
      }
    },
    setAccess(next) {
      access = next;
    },
    onChange(listener) {
      listeners.push(listener);
    },
  };
}
