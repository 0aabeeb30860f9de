import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';

/** The hosts were seen just now, whenever the folder was seeded, and hold the plugins that the server has. */
export function prepareFolder(dataDir: string, now: number): void {
  const database = new SqliteDatabase(join(dataDir, 'muster.db'));
  try {
    database.exec('BEGIN');
    const newest = database.prepare<[], number>('SELECT max(last_seen_at) FROM agents').pluck().get() ?? now;
    database.prepare('UPDATE agents SET last_seen_at = last_seen_at + ?').run(now - newest);
    database.exec(
      'INSERT OR IGNORE INTO agent_plugins (agent_id, name, sha256) SELECT agents.id, plugins.name, plugins.sha256 FROM agents, plugins',
    );
    database.exec('COMMIT');
  } finally {
    database.close();
  }
}
