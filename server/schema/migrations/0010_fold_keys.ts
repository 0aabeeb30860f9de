import type { Migration } from '../../platform/db/migrations.ts';

/** Equal results are found by a key, without reading their outputs; and a run on some hosts of another one says so. */
export const foldKeys: Migration = {
  name: '0010_fold_keys',
  statements: [
    'ALTER TABLE executions ADD COLUMN fold_key TEXT',
    'ALTER TABLE runs ADD COLUMN retry_of TEXT',
    'ALTER TABLE runs ADD COLUMN retry_only TEXT',
  ],
};
