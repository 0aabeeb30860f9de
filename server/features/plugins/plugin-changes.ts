import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../schema/schema.ts';
import type { AuditService } from '../audit/audit.service.ts';
import type { MadeBundle } from './bundles.ts';
import { nextGeneration } from './catalogue.ts';
import type { PluginShelf, ShelfChange } from './plugin-shelf.ts';
import {
  deleteBundles,
  insertBundle,
  markDeleted,
  namedBundles,
  readGeneration,
  setCurrent,
  writeGeneration,
} from './plugins.store.ts';
import type { BundleRecord, CurrentPlugin } from './plugins.ts';

/** What is to become of a plugin. */
export type PluginChange =
  | {
      readonly kind: 'set';
      readonly made: MadeBundle;
      readonly source: CurrentPlugin['source'];
      /** an earlier version is made the current one again */
      readonly isRollback?: boolean;
    }
  | { readonly kind: 'delete'; readonly name: string; readonly source: CurrentPlugin['source'] };

export type ChangedBy = { readonly actor: string; readonly address: string | null };

export type PluginChangesResources = {
  readonly db: Database;
  readonly clock: Clock;
  readonly audit: Pick<AuditService, 'recordIn'>;
  readonly shelf: PluginShelf;
  /** hashes of the bundles that open runs use, and of those to which tasks are pinned */
  readonly usedBundles: () => Promise<string[]>;
  /** bundles of one plugin that stay besides, the newest ones */
  readonly versionsKept: number;
};

/**
 * Many changes, one unit of work, one new generation of the catalogue. The bundles that are replaced stay in the catalogue besides those
 * of open runs: a run may be under way to the ledger with one of them at this very moment.
 */
export async function applyChanges(
  changes: readonly PluginChange[],
  by: ChangedBy,
  resources: PluginChangesResources,
): Promise<void> {
  const { db, clock, audit, shelf, usedBundles, versionsKept } = resources;
  const now = clock.now();
  const replaced = changes.flatMap((change) => shelf.currentOf(nameOf(change))?.sha256 ?? []);
  const kept = [...(await usedBundles()), ...replaced];
  const set = changes.flatMap((change) => (change.kind === 'set' ? [currentOf(change, now)] : []));
  const added = changes.flatMap((change) => (change.kind === 'set' ? [recordOf(change.made, now, by.actor)] : []));
  const checks = new Map(
    changes.flatMap((change) => (change.kind === 'set' ? [[change.made.sha256, change.made.argsCheck] as const] : [])),
  );
  const deleted = changes.flatMap((change) => (change.kind === 'delete' ? [change.name] : []));
  const committed = await db.write(async (writer): Promise<Pick<ShelfChange, 'generation' | 'pruned'>> => {
    for (const change of changes) {
      if (change.kind === 'set') {
        const { sha256, text, bytes, manifest } = change.made;
        const { name, version } = manifest;
        await insertBundle(writer, {
          sha256,
          name,
          version,
          manifest: JSON.stringify(manifest),
          bundle: text,
          bytes,
          created_at: now,
          created_by: by.actor,
        });
        await setCurrent(writer, { name, sha256, source: change.source, updated_at: now });
      } else {
        await markDeleted(writer, change.name, now);
      }
      await audit.recordIn(writer, {
        actor: by.actor,
        address: by.address,
        action: actionOf(change),
        subject: nameOf(change),
        detail: detailOf(change),
      });
    }
    const generation = nextGeneration(await readGeneration(writer), now);
    await writeGeneration(writer, generation);
    const stay = new Set([...kept, ...(await namedBundles(writer))]);
    const pruned = set
      .flatMap(({ name }) => shelf.bundlesOf(name).slice(0, -versionsKept))
      .flatMap(({ sha256 }) => (stay.has(sha256) ? [] : sha256));
    if (pruned.length > 0) await deleteBundles(writer, pruned);
    return { generation, pruned };
  });
  // instant: catalogue-committed
  shelf.take({ ...committed, added, checks, set, deleted, kept });
}

export const nameOf = (change: PluginChange): string => (change.kind === 'set' ? change.made.manifest.name : change.name);

const currentOf = ({ made, source }: Extract<PluginChange, { kind: 'set' }>, updatedAt: number): CurrentPlugin => ({
  name: made.manifest.name,
  sha256: made.sha256,
  source,
  updatedAt,
});

const recordOf = ({ sha256, manifest, bytes }: MadeBundle, createdAt: number, createdBy: string): BundleRecord => ({
  sha256,
  name: manifest.name,
  version: manifest.version,
  manifest,
  bytes,
  createdAt,
  createdBy,
});

function actionOf(change: PluginChange): string {
  const isPushed = change.source === 'pushed';
  if (change.kind === 'delete') return isPushed ? 'plugin.deleted' : 'plugin.unloaded';
  if (change.isRollback === true) return 'plugin.rolled_back';
  return isPushed ? 'plugin.pushed' : 'plugin.loaded';
}

const detailOf = (change: PluginChange): Record<string, unknown> =>
  change.kind === 'set' ? { version: change.made.manifest.version, sha256: change.made.sha256 } : {};
