import { parseDuration } from './durations.ts';

/** ms of an instant in ISO 8601 (`2026-01-31`, `2026-01-31T08:00Z`; without a zone it is UTC), or of so long before `now` (`24h`). */
export function parsePointInTime(text: string, now: number): number | undefined {
  const ago = parseDuration(text);
  if (ago !== undefined) return now - ago * 1000;
  const match = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?)(Z|[+-]\d{2}:\d{2})?)?$/.exec(text.trim());
  if (match === null) return undefined;
  const [, day, time = '00:00', zone = 'Z'] = match;
  const ms = Date.parse(`${day}T${time}${zone}`);
  return Number.isNaN(ms) ? undefined : ms;
}

export const isPointInTime = (text: string): boolean => parsePointInTime(text, 0) !== undefined;
