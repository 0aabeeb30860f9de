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
  { key: 'timeZone', label: 'Time zone', kind: 'text', placeholder: 'Europe/Berlin', help: 'IANA name; empty is UTC.' },
  { key: 'everySeconds', label: 'Every', kind: 'text', placeholder: '15m', help: 'Seconds, or a duration such as 90s, 15m, 1h.' },
];

export const policyFields: readonly FormField[] = [
  { key: 'timeoutSeconds', label: 'Time limit', kind: 'text', placeholder: '1h', help: 'Per attempt; then the process tree is killed.' },
  { key: 'graceSeconds', label: 'Grace', kind: 'number', help: 'Seconds between asking a process to end and killing it.' },
  {
    key: 'ifOffline', label: 'If a host is offline', kind: 'choice',
    choices: [
      { value: 'wait', label: 'Wait until it is back or the time below is up' },
      { value: 'skip', label: 'Skip it' },
      { value: 'fail', label: 'Count it as failed' },
    ],
  },
  { key: 'expiresAfter', label: 'Expires after', kind: 'text', placeholder: '1h', help: 'How long an execution may wait for its host.' },
  {
    key: 'overlap', label: 'If the run before is still active', kind: 'choice',
    choices: [
      { value: 'skip', label: 'Skip this firing' },
      { value: 'parallel', label: 'Run beside it' },
    ],
  },
  { key: 'outputLimitBytes', label: 'Output kept', kind: 'number', help: 'Bytes per execution; past it head and tail are kept and the cut is marked.' },
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
  { key: 'idempotent', label: 'Idempotent', kind: 'switch', help: 'May be started again when it cannot be known whether it happened.' },
]; // biome-ignore format: a table of inputs

export const envField: FormField = {
  key: 'env', label: 'Environment', kind: 'multiline', placeholder: 'KEY=value', help: 'One variable per line. Visible to everyone who can see the task: not for secrets.',
}; // biome-ignore format: one line of the table

export const jsonArgsField: FormField = {
  key: 'argsJson', label: 'Arguments as JSON', kind: 'json', placeholder: '{"name": "value"} or ["first", "second"]',
  help: 'An object is passed by keyword, an array by position.',
}; // biome-ignore format: one line of the table
