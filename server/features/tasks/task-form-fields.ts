import type { FormField } from '../../platform/web/form.ts';

/** The inputs of the task form that are the same for every plugin. Keys are the names of `taskInput`. */

export const scheduleFields: readonly FormField[] = [
  {
    key: 'cron',
    label: 'Cron',
    kind: 'text',
    placeholder: '0 3 * * 1-5',
    help: 'Minute, hour, day, month, weekday; or @hourly, @daily, @weekly.',
  },
  {
    key: 'timeZone',
    label: 'Time zone',
    kind: 'text',
    placeholder: 'Europe/Berlin',
    help: 'IANA name; empty is UTC. For the cron expression, dates and hours.',
  },
  { key: 'everySeconds', label: 'Every', kind: 'text', placeholder: '15m', help: 'Seconds, or a duration such as 90s, 15m, 1h.' },
  { key: 'startsAt', label: 'From', kind: 'text', placeholder: '2026-01-31T08:00:00Z', help: 'No firing before it.' },
  { key: 'endsAt', label: 'Until', kind: 'text', placeholder: '2026-12-31T18:00:00Z', help: 'No firing after it.' },
  {
    key: 'excludeDates',
    label: 'Not on these dates',
    kind: 'text',
    placeholder: '2026-12-25, 2026-12-26',
    help: 'In the time zone above.',
  },
  {
    key: 'blackout',
    label: 'Not in these hours',
    kind: 'multiline',
    placeholder: 'Mon-Fri 09:00-17:00\n22:00-06:00',
    help: 'One window per line, in the time zone above; over midnight too.',
  },
];

/** What a firing of a schedule does beside the others. */
export const firingFields: readonly FormField[] = [
  {
    key: 'overlap', label: 'If the run before is still active', kind: 'choice',
    choices: [
      { value: 'skip', label: 'Skip this firing' },
      { value: 'queue', label: 'Wait for it to end (one firing waits)' },
      { value: 'parallel', label: 'Run beside it' },
      { value: 'replace', label: 'Cancel it, then run' },
    ],
    help: 'A firing that is skipped leaves a row that says so.',
  },
  {
    key: 'catchUp', label: 'Firings missed while the server was down', kind: 'choice',
    choices: [
      { value: 'none', label: 'Leave a row that tells of them' },
      { value: 'last', label: 'Run the last one' },
      { value: 'all', label: 'Run the latest hundred' },
    ],
    help: 'When the server is back, after a stop or a clock that jumped.',
  },
  { key: 'splaySeconds', label: 'Spread over', kind: 'number', help: 'Seconds over which the hosts of one firing begin, each always at its own place.' },
]; // biome-ignore format: a table of inputs

export type PolicyGroup = {
  readonly title: string;
  /** what it is about, where nothing in it was changed */
  readonly about: string;
  readonly fields: readonly FormField[];
};

export const envField: FormField = {
  key: 'env', label: 'Environment', kind: 'multiline', placeholder: 'KEY=value', help: `One variable per line. Visible to everyone who can see the task: for a secret, write its reference, \${secret:NAME}.`,
}; // biome-ignore format: one line of the table

/** How carefully, in groups that open where something in them is not as usual. */
export const policyGroups: readonly PolicyGroup[] = [
  {
    title: 'Time and output', about: 'An hour, then it is ended; 10 MiB of output',
    fields: [
      { key: 'timeoutSeconds', label: 'Time limit', kind: 'text', placeholder: '1h', help: 'Per attempt; then the process tree is ended.' },
      {
        key: 'onTimeout', label: 'When the time is up', kind: 'choice',
        choices: [
          { value: 'kill', label: 'It has failed (timed out)' },
          { value: 'snapshot', label: 'Snapshot: what it printed is the result' },
        ],
      },
      { key: 'graceSeconds', label: 'Grace', kind: 'number', help: 'Seconds between asking a process to end and killing it.' },
      { key: 'outputLimitBytes', label: 'Output kept', kind: 'number', help: 'Bytes per execution; past it head and tail are kept and the cut is marked.' },
    ],
  },
  {
    title: 'Hosts that are away', about: 'They have an hour to come back',
    fields: [
      {
        key: 'ifOffline', label: 'If a host is offline', kind: 'choice',
        choices: [
          { value: 'wait', label: 'Wait until it is back or the time is up' },
          { value: 'skip', label: 'Skip it' },
          { value: 'fail', label: 'Count it as failed' },
        ],
      },
      { key: 'expiresAfter', label: 'Expires after', kind: 'text', placeholder: '1h', help: 'How long an execution may wait for its host.' },
    ],
  },
  {
    title: 'Retries', about: 'None',
    fields: [
      { key: 'retries.count', label: 'Retries', kind: 'number', help: 'Further attempts after the first.' },
      { key: 'retries.delaySeconds', label: 'First delay', kind: 'number', help: 'Seconds before the first retry.' },
      { key: 'retries.factor', label: 'Delay grows by', kind: 'number', help: 'Factor from retry to retry.' },
      { key: 'retries.capSeconds', label: 'Longest delay', kind: 'number', help: 'Seconds.' },
      { key: 'retries.jitter', label: 'Jitter', kind: 'number', help: 'Share of the delay that is random, 0 to 1.' },
      {
        key: 'retries.on', label: 'Retried ends', kind: 'choices',
        choices: [
          { value: 'failed', label: 'failed' },
          { value: 'timed_out', label: 'timed out' },
          { value: 'lost', label: 'lost (only if idempotent)' },
        ],
      },
      { key: 'retries.elsewhere', label: 'Retry elsewhere', kind: 'switch', help: 'For Anyone: the next attempt goes to a host that has not tried it, if there is one.' },
      { key: 'idempotent', label: 'Idempotent', kind: 'switch', help: 'May be started again when it cannot be known whether it happened.' },
    ],
  },
  {
    title: 'Not too much at once', about: 'No limit, no locks',
    fields: [
      { key: 'maxConcurrent', label: 'At a time', kind: 'number', help: 'Executions of this task, of all its runs, that may be under way at a time; empty: no limit.' },
      { key: 'locks', label: 'Locks', kind: 'text', placeholder: 'db-restart, backups:2', help: 'Names, separated by commas, shared with other tasks: one execution holds each at a time, or as many as stand after the colon.' },
    ],
  },
  {
    title: 'What it may use of its host', about: 'As much as there is',
    fields: [
      { key: 'limits.memoryMb', label: 'Memory', kind: 'number', help: 'MiB; empty is no limit, here and in the next four.' },
      { key: 'limits.cpuPercent', label: 'Processor', kind: 'number', help: 'Percent; 100 is one processor.' },
      { key: 'limits.nice', label: 'Nice', kind: 'number', help: '0 to 19; 19 gives way to all else.' },
      { key: 'limits.openFiles', label: 'Open files', kind: 'number', help: 'Of each process.' },
      { key: 'limits.processes', label: 'Processes', kind: 'number', help: 'And threads, at the same time.' },
    ],
  },
  {
    title: 'Version of the plugin', about: 'The one that is current when it fires',
    fields: [
      { key: 'pluginVersion', label: 'Version of the plugin', kind: 'text', placeholder: '1.2.0', help: 'A stored one that it keeps, or the beginning of its SHA-256; empty: the one that is current when it fires.' },
    ],
  },
  { title: 'Environment', about: 'No variables', fields: [envField] },
]; // biome-ignore format: a table of inputs

export const jsonArgsField: FormField = {
  key: 'argsJson', label: 'Arguments as JSON', kind: 'json', placeholder: '{"name": "value"} or ["first", "second"]',
  help: 'An object is passed by keyword, an array by position.',
}; // biome-ignore format: one line of the table

export const ownerField = { key: 'owner', label: 'Owner' } as const;
export const typeField = { key: 'type', label: 'Type' } as const;
export const nameField = { key: 'name', label: 'Name' } as const;
