import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Logger } from 'pino';
import {
  type Catalogue,
  catalogue,
  type SignedCatalogue,
  type SignedEntry,
  signedCatalogue,
} from '../../shared/plugin-bundle.ts';
import { writeDurably } from '../durable-file.ts';
import { isSignedBy } from '../identity/signatures.ts';

/**
 * Which bundles may run here: the newest catalogue that the pinned key of the server signed. It is kept on disk, so that an older one
 * is refused also after a restart.
 */
export type TrustedCatalogue = {
  /** @returns false if it is not believed, and the one before stays */
  accept(signed: SignedCatalogue): boolean;
  find(name: string, sha256: string): SignedEntry | undefined;
  /** the current bundle of each plugin */
  current(): readonly SignedEntry[];
  /** the current ones and those that open runs still use */
  all(): readonly SignedEntry[];
  /** SHA-256 of the text of the present one, so that the server need not send it again; undefined before the first */
  digest(): string | undefined;
};

export function createTrustedCatalogue(resources: {
  readonly path: string;
  readonly serverPublicKey: string;
  readonly log: Logger;
}): TrustedCatalogue {
  const { path, serverPublicKey, log } = resources;
  let text = '';
  let trusted: Catalogue = { generation: -1, plugins: [], kept: [] };

  const stored = readStored(path, log);
  const believed = stored === undefined ? undefined : verified(stored, serverPublicKey);
  let digest: string | undefined;
  if (stored !== undefined && believed !== undefined) take(stored, believed);

  function take(signed: SignedCatalogue, content: Catalogue): void {
    trusted = content;
    text = signed.text;
    digest = createHash('sha256').update(text).digest('hex');
  }

  function store(signed: SignedCatalogue): void {
    try {
      writeDurably(path, JSON.stringify(signed));
    } catch (error) {
      // it holds for this process all the same; only the guard against an older one after a restart is weaker
      log.error({ err: error, path }, 'catalogue_not_stored');
    }
  }

  return {
    accept(signed) {
      if (signed.text === text) return true;
      const next = verified(signed, serverPublicKey);
      if (next === undefined) {
        log.error('catalogue_not_signed_by_server');
        return false;
      }
      if (next.generation < trusted.generation) {
        log.error({ offered: next.generation, held: trusted.generation }, 'catalogue_is_older');
        return false;
      }
      take(signed, next);
      store(signed);
      return true;
    },
    find: (name, sha256) => [...trusted.plugins, ...trusted.kept].find((entry) => entry.name === name && entry.sha256 === sha256),
    current: () => trusted.plugins,
    all: () => [...trusted.plugins, ...trusted.kept],
    digest: () => digest,
  };
}

function verified(signed: SignedCatalogue, serverPublicKey: string): Catalogue | undefined {
  if (!isSignedBy(serverPublicKey, signed.text, signed.signature)) return undefined;
  try {
    return catalogue.parse(JSON.parse(signed.text));
  } catch {
    return undefined;
  }
}

function readStored(path: string, log: Logger): SignedCatalogue | undefined {
  try {
    return signedCatalogue.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') log.warn({ err: error, path }, 'catalogue_not_readable');
    return undefined;
  }
}
