import { isUtf8 } from 'node:buffer';
import { MusterError } from '../../../shared/errors.ts';
import { maxJsonDepth } from '../../../shared/json.ts';
import { findJsonFault } from './json-fault.ts';

export const jsonMediaType = /^application\/(json|[\w.!#$&^-]+\+json)\s*(;|$)/i;

/** @throws MusterError body_not_utf8 or body_malformed, which says where */
export function parseJsonBody(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) throw new MusterError('body_not_utf8', 'The body holds bytes that are not UTF-8.');
  if (deeperThan(bytes, maxJsonDepth))
    throw new MusterError('body_malformed', `The body is nested deeper than ${maxJsonDepth} levels.`);
  // Windows tools like to send a byte order mark
  const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  const text = bytes.toString('utf8', hasMark ? 3 : 0);
  try {
    const value: unknown = JSON.parse(text);
    refuseProto(value, text);
    return value;
  } catch (cause) {
    if (cause instanceof MusterError) throw cause;
    // V8's own sentence quotes the body, which may hold secrets, and does not always tell the place
    const fault = findJsonFault(text);
    throw new MusterError(
      'body_malformed',
      `The body is not valid JSON: at line ${fault.line}, column ${fault.column}, ${fault.what}.`,
      {
        column: fault.column,
        cause,
      },
    );
  }
}

/** Looks at bytes only: braces in strings are told apart by the quotes around them. */
function deeperThan(bytes: Buffer, limit: number): boolean {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < bytes.length; i += 1) {
    const byte = bytes[i];
    if (inString) {
      if (byte === 0x5c) i += 1;
      else if (byte === 0x22) inString = false;
    } else if (byte === 0x22) inString = true;
    else if (byte === 0x7b || byte === 0x5b) {
      depth += 1;
      if (depth > limit) return true;
    } else if (byte === 0x7d || byte === 0x5d) depth -= 1;
  }
  return false;
}

/** Schemas drop this key without a word, and a careless merge would make its value the prototype of something. */
function refuseProto(value: unknown, text: string): void {
  // seen in the text, unless it is written with escapes
  if (!text.includes('__proto__') && !text.includes('\\u')) return;
  const field = protoIn(value, '');
  if (field !== undefined) throw new MusterError('field_unknown', `${field}: No field can have this name.`, { field });
}

/** The path of the first such key. */
function protoIn(value: unknown, path: string): string | undefined {
  if (value === null || typeof value !== 'object') return undefined;
  for (const [key, item] of Object.entries(value)) {
    const at = path === '' ? key : `${path}.${key}`;
    const found = key === '__proto__' ? at : protoIn(item, at);
    if (found !== undefined) return found;
  }
  return undefined;
}
