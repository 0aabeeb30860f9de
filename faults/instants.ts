/**
 * The named instants: places in the product at which a process can be killed or stopped. Each is a comment line of its own in its file,
 * `// instant: NAME`; the product knows nothing of them, and only a process that the harness starts has a call in its place.
 */
export type Instant = {
  readonly name: string;
  readonly side: 'server' | 'agent';
  readonly file: string;
  readonly meaning: string;
};

const table = {
  'run-committed': [
    'server',
    'server/features/tasks/task-creation.ts',
    'task, run and rows are in the ledger; the POST is not answered',
  ],
  'offer-committed': ['server', 'server/features/tasks/offers.ts', 'the row is `offered`; the offer is not sent'],
  'accept-received': ['server', 'server/features/tasks/attempts.service.ts', 'the accept is there; nothing of it is committed'],
  'accept-committed': ['server', 'server/features/tasks/attempts.service.ts', 'the row is `running`; `start` is not sent'],
  'log-committed': [
    'server',
    'server/features/logs/logs.service.ts',
    'a chunk of output is in the ledger; it is not acknowledged',
  ],
  'result-recorded': [
    'server',
    'server/features/tasks/attempts.service.ts',
    'the result is in an open transaction; it is not committed',
  ],
  'result-committed': [
    'server',
    'server/features/tasks/attempts.service.ts',
    'the result is in the ledger; it is not acknowledged',
  ],
  'group-commit-half': ['server', 'server/platform/db/group-commit.ts', 'inside a transaction, a unit of work is done'],
  'before-commit': ['server', 'server/platform/db/group-commit.ts', 'all units are done; the transaction is open'],
  'after-commit': ['server', 'server/platform/db/group-commit.ts', 'the transaction is on disk; nobody was told'],
  'migration-half': ['server', 'server/platform/db/migrate.ts', 'the statements of a migration ran; it is not recorded'],
  'catalogue-committed': [
    'server',
    'server/features/plugins/plugin-changes.ts',
    'a new catalogue is in the ledger; no agent knows it',
  ],
  'offer-received': ['agent', 'agent/attempts/attempts.ts', 'an offer is there; nothing was done with it'],
  'accept-queued': ['agent', 'agent/attempts/offers.ts', 'the accept is on its way out'],
  'start-received': ['agent', 'agent/attempts/attempts.ts', '`start` is there; the journal does not hold the attempt'],
  'start-journalled': ['agent', 'agent/attempts/running.ts', 'the attempt is on disk in the journal; nothing of it runs'],
  'process-spawned': ['agent', 'agent/journal/journal.ts', 'the process runs; the journal does not hold its pid'],
  'work-ended': ['agent', 'agent/attempts/running.ts', 'the work is over; the journal does not hold its end'],
  'end-journalled': ['agent', 'agent/attempts/running.ts', 'the journal holds the end; it is not sent'],
  'ack-received': ['agent', 'agent/attempts/attempts.ts', 'the server has the result; the journal still holds the attempt'],
  'plugin-downloaded': ['agent', 'agent/plugins/plugin-cache.ts', 'a bundle is in memory; nothing of it is on disk'],
  'plugin-swap-half': ['agent', 'agent/plugins/bundle-folder.ts', 'the new folder of a bundle is complete; it is not in place'],
  'journal-compaction-half': ['agent', 'agent/journal/append-file.ts', 'the new journal is on disk; the old one is in place'],
  'update-starts-written': ['agent', 'agent/update/update-record.ts', 'the starts of an update are on disk; its record is not'],
  'update-marked': ['agent', 'agent/update/updates.ts', 'the record of an update is on disk; the executable is not switched'],
  'update-half-switched': ['agent', 'agent/update/installation.ts', 'the new link is there, and not in its place'],
  'update-switched': ['agent', 'agent/update/updates.ts', 'the new executable is in its place; the old one still runs'],
  'update-not-yet-healthy': [
    'agent',
    'agent/update/update-end.ts',
    'the new agent was welcomed; its record still says `switching`',
  ],
  'update-healthy': ['agent', 'agent/update/update-end.ts', 'the record says `healthy`; it is not told'],
} as const satisfies Record<string, readonly [Instant['side'], string, string]>;

export type InstantName = keyof typeof table;

export const instants: readonly (Instant & { readonly name: InstantName })[] = Object.entries(table).map(
  ([name, [side, file, meaning]]) => ({ name: name as InstantName, side, file, meaning }),
);

/** The line of a marker, wherever it stands. */
export const markerPattern = /^[ \t]*\/\/ instant: ([a-z-]+)[ \t]*$/gm;
