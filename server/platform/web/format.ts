import { formatDuration } from '../../../shared/durations.ts';
import { readableJson } from '../../../shared/json.ts';
import { visible } from './visible.ts';

/** How values read on pages. All pure; `now` and times are ms or ISO strings. */
export const format = { relative, exact, elapsed, duration: formatDuration, bytes, count, share, json, shortId, plural, visible };

const units: readonly [seconds: number, unit: Intl.RelativeTimeFormatUnit][] = [
  [86_400 * 365, 'year'],
  [86_400 * 30, 'month'],
  [86_400, 'day'],
  [3600, 'hour'],
  [60, 'minute'],
  [1, 'second'],
];
const relativeTime = new Intl.RelativeTimeFormat('en', { numeric: 'auto', style: 'short' });

/** `3 min. ago`, `in 2 hr.`, `now`. The script `page.js` says the same words in the browser. */
function relative(at: string, now: number): string {
  const seconds = Math.round((Date.parse(at) - now) / 1000);
  if (Math.abs(seconds) < 5) return 'now';
  const [size, unit] = units.find(([unitSeconds]) => Math.abs(seconds) >= unitSeconds) ?? [1, 'second'];
  return relativeTime.format(Math.trunc(seconds / size), unit);
}

/** `2026-11-21 01:23:35.120 UTC` */
function exact(at: string): string {
  return `${at.replace('T', ' ').replace('Z', '')} UTC`;
}

/** Between two instants, or up to now when it has not ended. */
function elapsed(from: string | null, to: string | null, now: number): string {
  if (from === null) return '';
  return formatDuration(Math.max(0, ((to === null ? now : Date.parse(to)) - Date.parse(from)) / 1000));
}

function bytes(value: number): string {
  if (value < 1024) return `${value} B`;
  const exponent = Math.min(4, Math.floor(Math.log2(value) / 10));
  const scaled = value / 1024 ** exponent;
  return `${scaled < 10 ? scaled.toFixed(1) : Math.round(scaled)} ${['B', 'KiB', 'MiB', 'GiB', 'TiB'][exponent]}`;
}

const grouped = new Intl.NumberFormat('en');
function count(value: number): string {
  return grouped.format(value);
}

/** A whole percentage from 0 to 100; 0 when the whole is 0. */
function share(part: number, whole: number): number {
  return whole > 0 ? Math.min(100, Math.max(0, Math.round((part / whole) * 100))) : 0;
}

const maxShownJson = 256 * 1024;

/** To be read; what is too long for that is cut. */
function json(value: unknown): string {
  const text = visible(readableJson(value));
  return text.length <= maxShownJson
    ? text
    : `${text.slice(0, maxShownJson).toWellFormed()}… (${count(text.length - maxShownJson)} more characters)`;
}

/** The end of an id, which is the part that differs between neighbours. */
function shortId(id: string): string {
  return id.slice(-8);
}

function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}
