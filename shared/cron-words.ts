/**
 * A cron expression in words, such as `At 03:00, Monday to Friday`, or undefined for what says more than plain numbers, ranges, lists and
 * steps (`L`, `15W`, `5#2`), or cannot be read: the next firings tell those.
 */
export function cronInWords(expression: string | undefined): string | undefined {
  const text = expression?.trim().toLowerCase() ?? '';
  const fields = (macros[text] ?? text).split(/\s+/);
  if (fields.length !== 5 && fields.length !== 6) return undefined;
  const [second, minute, hour, day, month, weekday] = (fields.length === 5 ? ['0', ...fields] : fields).map((field, index) =>
    readField(field, ranges[index] as Range),
  );
  if (!second || !minute || !hour || !day || !month || !weekday) return undefined;
  const time = timeInWords(second, minute, hour);
  if (time === undefined) return undefined;
  const when = [daysInWords(day, weekday), month.every ? '' : `in ${listed(month, (value) => months[value - 1] ?? '')}`];
  return [time, ...when].filter((part) => part !== '' && !(part === everyDay && time.startsWith('Every'))).join(', ');
}

type Range = { readonly from: number; readonly to: number; readonly names?: readonly string[] };
type Field = {
  readonly every: boolean;
  readonly values: readonly number[];
  /** of `*` and `*` with a step: one in so many */
  readonly step?: number;
};

const everyDay = 'every day';
const months = 'January February March April May June July August September October November December'.split(' ');
const weekdays = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');
const short = (names: readonly string[]): string[] => names.map((name) => name.slice(0, 3).toLowerCase());

const ranges: readonly Range[] = [
  { from: 0, to: 59 },
  { from: 0, to: 59 },
  { from: 0, to: 23 },
  { from: 1, to: 31 },
  { from: 1, to: 12, names: ['', ...short(months)] },
  { from: 0, to: 7, names: short(weekdays) },
];

const macros: Readonly<Record<string, string>> = {
  '@hourly': '0 * * * *',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@weekly': '0 0 * * 0',
  '@monthly': '0 0 1 * *',
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
};

function readField(text: string, { from, to, names }: Range): Field | undefined {
  if (text === '*' || text === '?') return { every: true, values: [], step: 1 };
  const step = Number(/^\*\/(\d{1,2})$/.exec(text)?.[1]);
  const values = new Set<number>();
  const numberOf = (word: string): number =>
    names?.includes(word) && word !== '' ? names.indexOf(word) : /^\d{1,2}$/.test(word) ? Number(word) : Number.NaN;
  for (const part of text.split(',')) {
    const [, first = '', last, by] = /^(\*|\w+)(?:-(\w+))?(?:\/(\d{1,2}))?$/.exec(part) ?? [];
    const low = first === '*' ? from : numberOf(first);
    const high = first === '*' ? to : last !== undefined ? numberOf(last) : by !== undefined ? to : low;
    const stride = Number(by ?? 1);
    if (!(low >= from && high <= to && low <= high && stride > 0)) return undefined;
    // Sunday is 0 and 7
    for (let value = low; value <= high; value += stride) values.add(to === 7 ? value % 7 : value);
  }
  const sorted = [...values].sort((a, b) => a - b);
  // a step that does not fit into the range is a list: after 56 of `*/7` comes 0
  return { every: false, values: sorted, ...((to - from + 1) % step === 0 ? { step } : {}) };
}

function timeInWords(second: Field, minute: Field, hour: Field): string | undefined {
  const plainSecond = !second.every && second.values.length === 1 && second.values[0] === 0;
  if (!plainSecond) {
    if (!minute.every || !hour.every || second.step === undefined) return undefined;
    return second.step === 1 ? 'Every second' : `Every ${second.step} seconds`;
  }
  const minutes = minute.values;
  if (minute.every || (minute.step !== undefined && minutes.length > 1)) {
    const often = minute.every || minute.step === 1 ? 'Every minute' : `Every ${minute.step} minutes`;
    return hour.every ? often : `${often} of ${hoursInWords(hour)}`;
  }
  if (hour.every || (hour.step !== undefined && hour.values.length > 1)) {
    const often = hour.every || hour.step === 1 ? 'Every hour' : `Every ${hour.step} hours`;
    return minutes.length === 1 && minutes[0] === 0
      ? `${often}, on the hour`
      : `${often}, at ${listed(minute, (value) => `:${pad(value)}`)}`;
  }
  if (minutes.length * hour.values.length > 6)
    return `At ${listed(minute, (value) => `:${pad(value)}`)} of ${hoursInWords(hour)}`;
  const times = hour.values.flatMap((at) => minutes.map((past) => `${pad(at)}:${pad(past)}`));
  return `At ${joined(times)}`;
}

const hoursInWords = (hour: Field): string => `the hours ${listed(hour, (value) => pad(value))}`;

/** As in crontab, a day that either of the two names is one. */
function daysInWords(day: Field, weekday: Field): string {
  const byDay = day.every ? '' : `on day ${listed(day, String)} of the month`;
  const isEvery = weekday.every || weekday.values.length === 7;
  const byWeekday = isEvery ? '' : listed(weekday, (value) => weekdays[value] ?? '');
  if (byDay === '' && byWeekday === '') return everyDay;
  return byDay === '' || byWeekday === '' ? byDay + byWeekday : `${byDay} and every ${byWeekday}`;
}

/** `1, 3 to 5 and 9` */
function listed({ values }: Field, word: (value: number) => string): string {
  const spans: string[] = [];
  for (let index = 0; index < values.length; ) {
    let end = index;
    while (values[end + 1] === (values[end] ?? 0) + 1) end += 1;
    const [first, last] = [values[index] ?? 0, values[end] ?? 0];
    if (end - index > 1) spans.push(`${word(first)} to ${word(last)}`);
    else spans.push(...values.slice(index, end + 1).map(word));
    index = end + 1;
  }
  return joined(spans);
}

const joined = (parts: readonly string[]): string =>
  parts.length < 2 ? (parts[0] ?? '') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;

const pad = (value: number): string => String(value).padStart(2, '0');
