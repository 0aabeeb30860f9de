import type { Json } from './json.ts';

/** What a plugin says of its own accord, as it stands in the log: `restarted service=nginx took_ms=31 reason="not running"`. */
export function logLine(message: string, fields?: Readonly<Record<string, Json>>): string {
  return `${[message, ...Object.entries(fields ?? {}).map(([name, value]) => `${plain(name)}=${written(value)}`)].join(' ')}\n`;
}

function written(value: unknown): string {
  if (typeof value === 'string') return plain(value);
  try {
    return JSON.stringify(value) ?? 'null';
  } catch {
    // no work fails because of what it says of itself: this is what refers to itself, or is too large a number for JSON
    return plain(String(value));
  }
}

/** Text that could be taken for more than one value stands in quotes. */
const plain = (text: string): string => (/^[^\s"=\\\p{Cc}]+$/u.test(text) ? text : JSON.stringify(text));
