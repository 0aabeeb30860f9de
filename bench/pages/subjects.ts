import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';

export type PageSubject = { readonly name: string; readonly path: string };

/** Every page with something large in it. */
export function findSubjects(dataDir: string): PageSubject[] {
  const database = new SqliteDatabase(join(dataDir, 'muster.db'), { readonly: true });
  const one = (sql: string): string => String(database.prepare(sql).pluck().get());
  try {
    const largest = one('SELECT id FROM runs ORDER BY total DESC LIMIT 1');
    const deep = one('SELECT id FROM executions ORDER BY id LIMIT 1 OFFSET (SELECT count(*) / 10 FROM executions)');
    const failed = one("SELECT id FROM executions WHERE state = 'failed' ORDER BY id DESC LIMIT 1");
    const agent = one(
      'SELECT agent_id FROM executions WHERE agent_id IS NOT NULL GROUP BY agent_id ORDER BY count(*) DESC LIMIT 1',
    );
    const task = one('SELECT task_id FROM runs GROUP BY task_id ORDER BY count(*) DESC LIMIT 1');
    return [
      { name: 'overview', path: '/' },
      { name: 'agents', path: '/agents' },
      { name: 'agents, filtered', path: `/agents?target=${encodeURIComponent('tag:env=prod & fact:cpus>8')}` },
      { name: 'agent', path: `/agents/${agent}` },
      { name: 'tasks', path: '/tasks' },
      { name: 'task', path: `/tasks/${task}` },
      { name: 'tasks, by a name', path: '/tasks?name=a&plugin=shell' },
      { name: 'schedules', path: '/schedules' },
      { name: 'retention and limits', path: '/settings/retention' },
      { name: 'new task: choose', path: '/tasks/new' },
      { name: 'new task: form', path: '/tasks/new?plugin=shell&action=main' },
      { name: 'edit a task', path: `/tasks/${task}/edit` },
      { name: 'runs', path: '/runs' },
      { name: 'runs, failed', path: '/runs?state=failed' },
      { name: 'run of all hosts', path: `/runs/${largest}` },
      { name: 'run of all hosts, failed', path: `/runs/${largest}?state=failed` },
      { name: 'executions', path: '/executions' },
      { name: 'executions, failed', path: '/executions?state=failed' },
      { name: 'executions, by words that none has', path: '/executions?state=failed&plugin=shell&text=zzz' },
      { name: 'executions, deep in', path: `/executions?after=${deep}` },
      { name: 'executions of an agent', path: `/executions?agentId=${agent}` },
      { name: 'execution', path: `/executions/${failed}` },
      { name: 'plugins', path: '/plugins' },
      { name: 'plugin', path: '/plugins/shell' },
      { name: 'plugin: who holds it', path: '/plugins/shell/agents' },
      { name: 'plugin: try it', path: '/plugins/shell/try' },
      { name: 'plugin: editor', path: '/plugins/shell/edit' },
      { name: 'audit', path: '/audit' },
      { name: 'search: a name', path: '/search?q=web-00' },
      { name: 'search: nothing', path: '/search?q=zzzz' },
      { name: 'account', path: '/settings' },
      { name: 'roles', path: '/settings/roles' },
      { name: 'users', path: '/settings/users' },
      { name: 'API tokens', path: '/settings/tokens' },
      { name: 'join tokens', path: '/settings/join-tokens' },
      { name: 'secrets', path: '/settings/secrets' },
    ];
  } finally {
    database.close();
  }
}
