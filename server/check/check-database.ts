import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import BetterSqlite3, { type Database } from 'better-sqlite3';
import { readLastBackup } from '../backup/last-backup.ts';
import { refuseForeignHistory } from '../platform/db/migrate.ts';
import type { Migration } from '../platform/db/migrations.ts';
import type { Finding } from './finding.ts';
import { type LedgerRule, ledgerRules } from './ledger-rules.ts';

export type DatabaseCheck = {
  readonly dataDir: string;
  readonly migrations: readonly Migration[];
  /** `quick` looks at the structure of the file and at the newest rows, `deep` at every row and index */
  readonly depth: 'quick' | 'deep';
  readonly now: number;
};

const newestRows = 10_000;
const muchLogBytes = 256 * 1024 ** 2;
const backupEveryMs = 7 * 86_400_000;
const restore = 'Stop the server and restore a backup: `npx muster restore FILE --force` sets the damaged folder aside.';

/**
 * Looks at the database of a data folder, beside a running server or without one, and changes nothing. What it finds comes one by one,
 * the quick looks first, so that who has waited long enough may end it.
 */
export function* checkDatabase({ dataDir, migrations, depth, now }: DatabaseCheck): Generator<Finding> {
  const file = join(dataDir, 'muster.db');
  if (!existsSync(file)) return;
  const database = new BetterSqlite3(file, { readonly: true, fileMustExist: true, timeout: 2000 });
  try {
    const pages = Number(database.pragma('page_count', { simple: true }));
    const bytes = pages * Number(database.pragma('page_size', { simple: true }));
    yield { level: 'ok', what: 'database', detail: `${mib(bytes)} in ${file}` };
    yield* checkLog(`${file}-wal`);
    yield checkBackup(dataDir, database, now);
    const schema = checkSchema(database, migrations);
    yield schema;
    yield checkFile(database, depth);
    // the rules are those of the newest schema
    if (schema.level === 'ok') for (const rule of ledgerRules) yield checkRule(database, rule, depth);
  } catch (error) {
    yield { level: 'fail', what: 'database', detail: `${file} cannot be read: ${(error as Error).message}.`, remedy: restore };
  } finally {
    database.close();
  }
}

function* checkLog(path: string): Generator<Finding> {
  const bytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (bytes <= muchLogBytes) return;
  yield {
    level: 'warn',
    what: 'database',
    detail: `Its write-ahead log has ${mib(bytes)}.`,
    remedy: 'It shrinks when nothing reads for long any more: a backup under way, or a program that has the database open.',
  };
}

function checkBackup(dataDir: string, database: Database, now: number): Finding {
  const last = readLastBackup(dataDir);
  const first =
    database.prepare<[], number>('SELECT applied_at FROM schema_migrations ORDER BY name LIMIT 1').pluck().get() ?? now;
  const detail =
    last === undefined ? 'None was made yet.' : `The last one was made at ${new Date(last.at).toISOString()}: ${last.file}`;
  if (now - (last?.at ?? first) < backupEveryMs) return { level: 'ok', what: 'backup', detail };
  return { level: 'warn', what: 'backup', detail, remedy: '`npx muster backup` makes one while the server runs.' };
}

function checkSchema(database: Database, migrations: readonly Migration[]): Finding {
  const what = 'schema';
  const applied = database.prepare<[], { name: string; checksum: string }>(
    'SELECT name, checksum FROM schema_migrations ORDER BY name',
  );
  const rows = applied.all();
  try {
    refuseForeignHistory(rows, migrations);
  } catch (error) {
    return { level: 'fail', what, detail: (error as Error).message, remedy: 'Use the version that wrote it.' };
  }
  if (rows.length === migrations.length) return { level: 'ok', what, detail: `${rows.at(-1)?.name}, the newest` };
  return {
    level: 'warn',
    what,
    detail: `${rows.at(-1)?.name}; the next start brings it to ${migrations.at(-1)?.name}.`,
    remedy: 'Make a backup before: `npx muster backup`.',
  };
}

function checkFile(database: Database, depth: DatabaseCheck['depth']): Finding {
  const what = 'integrity';
  const name = depth === 'deep' ? 'integrity_check' : 'quick_check';
  const found = database.prepare<[], string>(`PRAGMA ${name}(3)`).pluck().all();
  if (found.join() === 'ok') return { level: 'ok', what, detail: depth === 'deep' ? 'whole, every index too' : 'whole' };
  return { level: 'fail', what, detail: `The database is damaged: ${found.join('; ')}.`, remedy: restore };
}

function checkRule(database: Database, rule: LedgerRule, depth: DatabaseCheck['depth']): Finding {
  const what = 'ledger';
  const query = rule.query(depth === 'deep' ? -1 : newestRows);
  const ids = database.prepare<[], string>(`SELECT id FROM (${query}) LIMIT 100`).pluck().all();
  if (ids.length === 0) return { level: 'ok', what, detail: rule.holds };
  const count = ids.length === 100 ? '100 or more' : ids.length;
  return { level: rule.level, what, detail: `${count} ${rule.broken}: ${ids.slice(0, 3).join(', ')}.`, remedy: rule.remedy };
}

const mib = (bytes: number): string => `${Math.ceil(bytes / 1024 ** 2)} MiB`;
