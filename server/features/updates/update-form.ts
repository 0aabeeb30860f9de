import { type NewUpdate, newUpdate } from '../../../shared/api/updates.ts';
import { parseDuration } from '../../../shared/durations.ts';
import { type Form, type FormField, type FormProblems, problemsOfIssues, textOf, wordsOf } from '../../platform/web/form.ts';

/** The form of a new update: what is asked first, what has a default that fits nearly everybody, and how both are read. */
export const firstFields: readonly FormField[] = [
  {
    key: 'target',
    label: 'Hosts',
    kind: 'text',
    placeholder: 'ALL',
    help: 'ALL, a name, or an expression such as tag:web & os:linux.',
  },
  {
    key: 'canary',
    label: 'Canaries',
    kind: 'text',
    placeholder: 'the Online host that is least busy',
    help: 'These hosts go first: a name or an expression.',
  },
  {
    key: 'shares',
    label: 'Then, in percent of the others',
    kind: 'text',
    placeholder: '100',
    help: 'A wave begins when the one before it is through. The last is 100; none: only the canaries.',
  },
  {
    key: 'mode',
    label: 'A host switches',
    kind: 'choice',
    required: true,
    choices: [
      { value: 'idle', label: 'when nothing runs on it' },
      { value: 'drain', label: 'when nothing runs on it, and takes no new work until then' },
      { value: 'now', label: 'at once: what runs is ended' },
    ],
  },
];

export const furtherFields: readonly FormField[] = [
  {
    key: 'maxErrors',
    label: 'Errors allowed',
    kind: 'number',
    help: 'One more than this pauses the update. 0: the first one does.',
  },
  { key: 'atOnce', label: 'Downloads at once', kind: 'number' },
  {
    key: 'healthySeconds',
    label: 'Must be Online within',
    kind: 'text',
    help: 'A host whose new agent is not Online within this time goes back to the old one.',
  },
  {
    key: 'drainAfterSeconds',
    label: 'Takes no new work after',
    kind: 'text',
    help: 'Of a host that is always busy. Such as 10m.',
  },
  { key: 'pauseSeconds', label: 'Wait between waves', kind: 'text', help: 'Such as 1h. 0 begins the next one at once.' },
];

const durations = ['healthySeconds', 'drainAfterSeconds', 'pauseSeconds'] as const;

/** The form as it is found: the defaults of the API. */
export function blankUpdate(): Form {
  const { shares, mode, maxErrors, atOnce, ...rest } = newUpdate.parse({});
  return {
    shares: shares.join(', '),
    mode,
    maxErrors: String(maxErrors),
    atOnce: String(atOnce),
    ...Object.fromEntries(durations.map((key) => [key, typedDuration(rest[key])])),
  };
}

export type ReadUpdate = { readonly input: NewUpdate } | { readonly problems: FormProblems };

export function readUpdate(form: Form): ReadUpdate {
  const typed = (key: string): string => textOf(form, key).trim();
  const read = newUpdate.safeParse({
    ...(typed('target') === '' ? {} : { target: typed('target') }),
    ...(typed('canary') === '' ? {} : { canary: typed('canary') }),
    shares: sharesIn(form),
    mode: typed('mode'),
    maxErrors: numberIn(typed('maxErrors')),
    atOnce: numberIn(typed('atOnce')),
    ...Object.fromEntries(durations.map((key) => [key, secondsIn(typed(key))])),
  });
  return read.success ? { input: read.data } : { problems: inWords(problemsOfIssues(read.error.issues), form) };
}

/** Nothing typed means: all the others in one wave. */
function sharesIn(form: Form): number[] {
  if (textOf(form, 'shares').trim().toLowerCase() === 'none') return [];
  const shares = wordsOf(form, 'shares').map((word) => numberIn(word.replace('%', '')));
  return shares.length === 0 ? [100] : shares;
}

/** Number('') would be 0, which is no answer. */
const numberIn = (text: string): number => (text === '' ? Number.NaN : Number(text));

const secondsIn = (text: string): number => parseDuration(text) ?? Number.NaN;

/** As one types it: `10m`. */
function typedDuration(seconds: number): string {
  if (seconds > 0 && seconds % 3600 === 0) return `${seconds / 3600}h`;
  return seconds > 0 && seconds % 60 === 0 ? `${seconds / 60}m` : String(seconds);
}

/** A problem of one share is shown at the field that holds them all; what is no number at all says what to write. */
function inWords({ summary, fields }: FormProblems, form: Form): FormProblems {
  const entries = Object.entries(fields).map(([key, text]): [string, string] => {
    const [field = key] = key.split('.', 1);
    if (field === 'shares' && sharesIn(form).some(Number.isNaN)) return [field, 'Write percentages, such as 10, 50, 100.'];
    const typed = textOf(form, field).trim();
    if (isDuration(field) && parseDuration(typed) === undefined) return [field, 'Write a time, such as 90s, 10m or 1h.'];
    return [field, ['maxErrors', 'atOnce'].includes(field) && Number.isNaN(numberIn(typed)) ? 'Write a whole number.' : text];
  });
  return { summary, fields: Object.fromEntries(entries) };
}

const isDuration = (field: string): boolean => (durations as readonly string[]).includes(field);
