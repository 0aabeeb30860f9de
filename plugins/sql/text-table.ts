import { stripVTControlCharacters } from 'node:util';
import type { Json } from '../../shared/json.ts';

const maxWidth = 60;

/** Rows for people: aligned, numbers to the right, long values cut. */
export function textTable(names: readonly string[], rows: readonly (readonly Json[])[]): string {
  const cells = rows.map((row) => names.map((_, at) => cellOf(row[at] ?? null)));
  const heads = names.map((name) => cellOf(name));
  const widths = heads.map((head, at) => Math.max(head.length, ...cells.map((row) => row[at]?.length ?? 0)));
  const isNumeric = names.map((_, at) => rows.length > 0 && rows.every((row) => row[at] === null || typeof row[at] === 'number'));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, at) => (isNumeric[at] ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0)))
      .join('  ')
      .trimEnd();
  return [line(heads), widths.map((width) => '-'.repeat(width)).join('  '), ...cells.map(line)].join('\n');
}

function cellOf(value: Json): string {
  const text = value === null ? 'NULL' : typeof value === 'string' ? value : (bytesText(value) ?? JSON.stringify(value));
  const plain = stripVTControlCharacters(text).replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, (one) => escapes[one] ?? '·');
  return plain.length <= maxWidth ? plain : `${plain.slice(0, maxWidth - 1).toWellFormed()}…`;
}

const escapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function bytesText(value: Json): string | undefined {
  const { base64 } = value as { readonly base64?: Json };
  if (typeof base64 !== 'string' || Object.keys(value as object).length !== 1) return undefined;
  return `<${Buffer.byteLength(base64, 'base64')} bytes>`;
}
