import * as z from 'zod';

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
export const json: z.ZodType<Json> = z.json() as z.ZodType<Json>;

/** The same value always gives the same text: keys sorted, no spaces. What is hashed or signed goes through here. */
export function canonicalJson(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(',')}}`;
  }
  return JSON.stringify(value);
}

const maxIndentedLength = 16 * 1024;

/** For people: indented, unless it is large, because the spaces before a long list deep inside would fill many times its size. */
export function readableJson(value: unknown): string {
  const compact = JSON.stringify(value) ?? '';
  return compact.length > maxIndentedLength ? compact : (JSON.stringify(value, null, 2) ?? '');
}

/** How deep the data of a result may be nested, as the body of a request: whoever walks the value later is safe with its stack. */
export const maxJsonDepth = 64;

/** Whether lists and objects are nested in more levels than that. Does not recurse itself, so that any value can be asked about. */
export function isDeeperThan(value: unknown, levels: number): boolean {
  let level = [value].filter(isContainer);
  for (let depth = 1; level.length > 0; depth += 1) {
    if (depth > levels) return true;
    level = level.flatMap((container) => Object.values(container).filter(isContainer));
  }
  return false;
}

const isContainer = (value: unknown): value is object => value !== null && typeof value === 'object';
