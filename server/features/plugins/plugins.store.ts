import type { Reader, Writer } from '../../schema/schema.ts';
import type { CatalogueTable, PluginBundlesTable, PluginsTable } from '../../schema/tables/plugins.tables.ts';

/** All bundles without their texts; read once, when the server starts. */
export const allBundles = (db: Reader): Promise<Omit<PluginBundlesTable, 'bundle'>[]> =>
  db
    .selectFrom('plugin_bundles')
    .select(['sha256', 'name', 'version', 'manifest', 'bytes', 'created_at', 'created_by'])
    .orderBy('created_at')
    .execute();

export const currentPlugins = (db: Reader): Promise<PluginsTable[]> =>
  db.selectFrom('plugins').selectAll().where('deleted_at', 'is', null).execute();

export const readGeneration = async (db: Reader | Writer): Promise<CatalogueTable['generation']> =>
  Number((await db.selectFrom('catalogue').select('generation').executeTakeFirstOrThrow()).generation);

export const writeGeneration = (writer: Writer, generation: number) =>
  writer.updateTable('catalogue').set({ generation }).execute();

export const findBundleText = async (db: Reader, sha256: string): Promise<string | undefined> =>
  (await db.selectFrom('plugin_bundles').select('bundle').where('sha256', '=', sha256).executeTakeFirst())?.bundle;

/** The same bundle may come back after others: its row stays as it was. */
export const insertBundle = (writer: Writer, row: PluginBundlesTable) =>
  writer
    .insertInto('plugin_bundles')
    .values(row)
    .onConflict((conflict) => conflict.column('sha256').doNothing())
    .execute();

export const deleteBundles = (writer: Writer, hashes: readonly string[]) =>
  writer.deleteFrom('plugin_bundles').where('sha256', 'in', hashes).execute();

export const setCurrent = (writer: Writer, row: Omit<PluginsTable, 'deleted_at'>) =>
  writer
    .insertInto('plugins')
    .values({ ...row, deleted_at: null })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ ...row, deleted_at: null }))
    .execute();

export const markDeleted = (writer: Writer, name: string, deletedAt: number) =>
  writer.updateTable('plugins').set({ deleted_at: deletedAt, updated_at: deletedAt }).where('name', '=', name).execute();

/** Bundles that rows of `plugins` name, those of deleted plugins too: their rows must stay. */
export const namedBundles = async (writer: Writer): Promise<string[]> =>
  (await writer.selectFrom('plugins').select('sha256').execute()).map(({ sha256 }) => sha256);
