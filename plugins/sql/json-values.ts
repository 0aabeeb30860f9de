import type { Json } from '../../shared/json.ts';

/**
 * A value from a database as JSON. What JSON numbers cannot hold exactly is text, bytes are `{"base64": "…"}`, and what is not JSON at all
 * (`NaN`, a date) is text.
 */
export function toJson(value: unknown): Json {
  switch (typeof value) {
    case 'bigint':
      return wholeNumber(value);
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'string':
    case 'boolean':
      return value;
    case 'object':
      return fromObject(value);
    default:
      return value === undefined ? null : String(value);
  }
}

export const wholeNumber = (value: bigint): number | string =>
  value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : String(value);

function fromObject(value: object | null): Json {
  if (value === null) return null;
  if (value instanceof Uint8Array)
    return { base64: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64') };
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (Array.isArray(value)) return value.map(toJson);
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, toJson(one)]));
}

/** The bytes of a parameter that is given as `{"base64": "…"}`. */
export function bytesOf(value: Json): Buffer | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const { base64, ...others } = value as Record<string, Json>;
  return typeof base64 === 'string' && Object.keys(others).length === 0 ? Buffer.from(base64, 'base64') : undefined;
}
