import { formatDuration } from '../../shared/durations.ts';

/** `3 min ago`, `in 2 h`, `now`: how far an instant of the API is from `now` (ms). */
export function ago(instant: string | null, now: number): string {
  if (instant === null) return '–';
  const seconds = (now - Date.parse(instant)) / 1000;
  if (Math.abs(seconds) < 1) return 'now';
  const [first = ''] = formatDuration(Math.max(1, Math.round(Math.abs(seconds)))).match(/^\d+ \S+/) ?? [];
  return seconds < 0 ? `in ${first}` : `${first} ago`;
}

/** In the zone of whoever reads it, with the offset, so that it cannot be taken for another zone. */
export function moment(instant: string | null): string | null {
  if (instant === null) return null;
  const date = new Date(instant);
  const two = (value: number): string => String(value).padStart(2, '0');
  const offset = -date.getTimezoneOffset();
  const zone = `${offset < 0 ? '-' : '+'}${two(Math.floor(Math.abs(offset) / 60))}:${two(Math.abs(offset) % 60)}`;
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())} ${zone}`;
}

export const took = (ms: number | null): string => (ms === null ? '–' : formatDuration(ms / 1000));
