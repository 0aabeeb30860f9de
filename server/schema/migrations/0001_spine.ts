import type { Migration } from '../../platform/db/migrations.ts';

/** The first schema. Migrations are append-only: a shipped one is never edited, a change is a new file. */
export const spine: Migration = {
  name: '0001_spine',
  statements: [
    `CREATE TABLE users (
      id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, role TEXT NOT NULL, password_hash TEXT, disabled INTEGER NOT NULL DEFAULT 0,
      created_at BIGINT NOT NULL, last_sign_in_at BIGINT
    )`,
    `CREATE TABLE api_tokens (
      id TEXT PRIMARY KEY, name TEXT NOT NULL, role TEXT NOT NULL, token_hash TEXT NOT NULL UNIQUE, created_by TEXT NOT NULL,
      created_at BIGINT NOT NULL, last_used_at BIGINT, expires_at BIGINT, revoked_at BIGINT
    )`,
    // a session is of a user, or of the API token that signed in: it dies with either
    `CREATE TABLE sessions (
      id TEXT PRIMARY KEY, user_id TEXT REFERENCES users(id) ON DELETE CASCADE,
      token_id TEXT REFERENCES api_tokens(id) ON DELETE CASCADE, secret_hash TEXT NOT NULL UNIQUE, csrf_token TEXT NOT NULL,
      created_at BIGINT NOT NULL, expires_at BIGINT NOT NULL, CHECK ((user_id IS NULL) <> (token_id IS NULL))
    )`,
    'CREATE INDEX sessions_by_user ON sessions (user_id)',
    'CREATE INDEX sessions_by_token ON sessions (token_id)',
    'CREATE INDEX sessions_by_expiry ON sessions (expires_at)',
    `CREATE TABLE join_tokens (
      id TEXT PRIMARY KEY, secret_hash TEXT NOT NULL UNIQUE, created_by TEXT NOT NULL, created_at BIGINT NOT NULL,
      expires_at BIGINT NOT NULL, max_uses INTEGER NOT NULL, uses INTEGER NOT NULL DEFAULT 0, agent_name TEXT, tags TEXT NOT NULL,
      revoked_at BIGINT
    )`,
    `CREATE TABLE audit (
      id TEXT PRIMARY KEY, at BIGINT NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL, subject TEXT NOT NULL, detail TEXT NOT NULL,
      address TEXT
    )`,
    'CREATE INDEX audit_by_actor ON audit (actor, id)',
    'CREATE INDEX audit_by_action ON audit (action, id)',
    'CREATE INDEX audit_by_subject ON audit (subject, id)',
    `CREATE TABLE idempotency (
      id TEXT PRIMARY KEY, request_hash TEXT NOT NULL, status INTEGER NOT NULL, body TEXT NOT NULL, created_at BIGINT NOT NULL
    )`,
    'CREATE INDEX idempotency_by_age ON idempotency (created_at)',
    `CREATE TABLE agents (
      id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, public_key TEXT NOT NULL, tags TEXT NOT NULL, os TEXT NOT NULL, arch TEXT NOT NULL,
      version TEXT NOT NULL, slots INTEGER NOT NULL, facts TEXT NOT NULL, runtimes TEXT NOT NULL, metrics TEXT, enrolled_at BIGINT NOT NULL,
      last_seen_at BIGINT, revoked_at BIGINT
    )`,
    `CREATE TABLE agent_plugins (
      agent_id TEXT NOT NULL REFERENCES agents(id) ON DELETE CASCADE, name TEXT NOT NULL, sha256 TEXT NOT NULL,
      PRIMARY KEY (agent_id, name, sha256)
    )`,
    'CREATE INDEX agent_plugins_by_bundle ON agent_plugins (sha256)',
    `CREATE TABLE plugin_bundles (
      sha256 TEXT PRIMARY KEY, name TEXT NOT NULL, version TEXT NOT NULL, manifest TEXT NOT NULL, bundle TEXT NOT NULL,
      bytes INTEGER NOT NULL, created_at BIGINT NOT NULL, created_by TEXT NOT NULL
    )`,
    'CREATE INDEX plugin_bundles_by_name ON plugin_bundles (name, created_at)',
    `CREATE TABLE plugins (
      name TEXT PRIMARY KEY, sha256 TEXT NOT NULL REFERENCES plugin_bundles(sha256), source TEXT NOT NULL, updated_at BIGINT NOT NULL,
      deleted_at BIGINT
    )`,
    'CREATE TABLE catalogue (id INTEGER PRIMARY KEY, generation BIGINT NOT NULL)',
    'INSERT INTO catalogue (id, generation) VALUES (1, 0)',
    `CREATE TABLE tasks (
      id TEXT PRIMARY KEY, version INTEGER NOT NULL, name TEXT NOT NULL, status TEXT NOT NULL, type TEXT NOT NULL, owner TEXT NOT NULL,
      plugin TEXT NOT NULL, action TEXT NOT NULL, args TEXT NOT NULL, env TEXT NOT NULL, cron TEXT, time_zone TEXT, every_seconds INTEGER,
      policy TEXT NOT NULL, next_fire_at BIGINT, last_run_id TEXT, created_by TEXT NOT NULL, created_at BIGINT NOT NULL,
      updated_at BIGINT NOT NULL, deleted_at BIGINT
    )`,
    // only an active task has a time of its next firing
    'CREATE INDEX tasks_due ON tasks (next_fire_at) WHERE next_fire_at IS NOT NULL',
    'CREATE INDEX tasks_by_status ON tasks (status, id)',
    'CREATE INDEX tasks_by_type ON tasks (type, id)',
    'CREATE INDEX tasks_by_plugin ON tasks (plugin, id)',
    `CREATE TABLE task_versions (
      task_id TEXT NOT NULL, version INTEGER NOT NULL, definition TEXT NOT NULL, replaced_at BIGINT NOT NULL, replaced_by TEXT NOT NULL,
      PRIMARY KEY (task_id, version)
    )`,
    `CREATE TABLE runs (
      id TEXT PRIMARY KEY, task_id TEXT NOT NULL, task_version INTEGER NOT NULL, task_name TEXT NOT NULL, trigger TEXT NOT NULL,
      state TEXT NOT NULL, owner TEXT NOT NULL, plugin TEXT NOT NULL, plugin_sha256 TEXT, action TEXT NOT NULL, args TEXT NOT NULL,
      env TEXT NOT NULL, policy TEXT NOT NULL, total INTEGER NOT NULL, open INTEGER NOT NULL, succeeded INTEGER NOT NULL DEFAULT 0,
      failed INTEGER NOT NULL DEFAULT 0, timed_out INTEGER NOT NULL DEFAULT 0, cancelled INTEGER NOT NULL DEFAULT 0,
      expired INTEGER NOT NULL DEFAULT 0, skipped INTEGER NOT NULL DEFAULT 0, rejected INTEGER NOT NULL DEFAULT 0,
      lost INTEGER NOT NULL DEFAULT 0, fired_at BIGINT NOT NULL, created_at BIGINT NOT NULL, finished_at BIGINT, created_by TEXT NOT NULL
    )`,
    // a schedule fires once per due time, whatever restarts in between
    "CREATE UNIQUE INDEX runs_one_per_firing ON runs (task_id, fired_at) WHERE trigger IN ('schedule', 'interval')",
    'CREATE INDEX runs_by_task ON runs (task_id, id)',
    'CREATE INDEX runs_by_task_state ON runs (task_id, state, id)',
    'CREATE INDEX runs_by_state ON runs (state, id)',
    'CREATE INDEX runs_by_plugin ON runs (plugin, id)',
    `CREATE TABLE executions (
      id TEXT PRIMARY KEY, run_id TEXT NOT NULL, task_id TEXT NOT NULL, target TEXT NOT NULL, agent_id TEXT, agent_name TEXT,
      state TEXT NOT NULL, open INTEGER NOT NULL, reason TEXT, reason_text TEXT, attempt INTEGER NOT NULL DEFAULT 0,
      retries INTEGER NOT NULL DEFAULT 0, not_before BIGINT NOT NULL DEFAULT 0, deadline_at BIGINT, expires_at BIGINT NOT NULL, assignment TEXT, exit_code INTEGER,
      message TEXT, data TEXT, log_from BIGINT NOT NULL DEFAULT 0, log_bytes BIGINT NOT NULL DEFAULT 0, cut_bytes BIGINT NOT NULL DEFAULT 0,
      duration_ms DOUBLE PRECISION, created_at BIGINT NOT NULL, offered_at BIGINT, started_at BIGINT, finished_at BIGINT
    )`,
    'CREATE INDEX executions_by_run ON executions (run_id, id)',
    'CREATE INDEX executions_by_task ON executions (task_id, id)',
    'CREATE INDEX executions_by_agent ON executions (agent_id, id)',
    'CREATE INDEX executions_by_state ON executions (state, id)',
    // what is open is found by its state, so that the cost of the dispatcher, of reconnects and of counts does not grow with history
    'CREATE INDEX executions_by_agent_state ON executions (agent_id, state, id)',
    'CREATE INDEX executions_by_run_state ON executions (run_id, state, id)',
    'CREATE INDEX executions_open_by_deadline ON executions (deadline_at) WHERE open = 1',
    `CREATE TABLE attempts (
      execution_id TEXT NOT NULL, attempt INTEGER NOT NULL, agent_id TEXT, agent_name TEXT, outcome TEXT NOT NULL, reason TEXT,
      message TEXT, exit_code INTEGER, offered_at BIGINT, started_at BIGINT, ended_at BIGINT NOT NULL, PRIMARY KEY (execution_id, attempt)
    )`,
    `CREATE TABLE log_chunks (
      execution_id TEXT NOT NULL, start BIGINT NOT NULL, bytes INTEGER NOT NULL, stream TEXT NOT NULL, at BIGINT NOT NULL, text TEXT NOT NULL,
      PRIMARY KEY (execution_id, start)
    )`,
  ],
};
