import type { AuditEntry, AuditFormat } from '../../../shared/api/access.ts';

/** Entries as a file: JSON lines as the API gives them, or a table for a spreadsheet. */
export async function* auditFile(pages: AsyncIterable<readonly AuditEntry[]>, format: AuditFormat): AsyncIterable<string> {
  if (format === 'csv') yield `${columns.join(',')}\r\n`;
  for await (const entries of pages) yield entries.map(format === 'csv' ? csvLine : jsonLine).join('');
}

export const auditMediaTypes: Readonly<Record<AuditFormat, string>> = {
  jsonl: 'application/x-ndjson; charset=utf-8',
  csv: 'text/csv; charset=utf-8',
};

const columns = ['at', 'actor', 'action', 'subject', 'address', 'detail', 'id'] as const;

const jsonLine = (entry: AuditEntry): string => `${JSON.stringify(entry)}\n`;

const csvLine = (entry: AuditEntry): string =>
  `${columns.map((column) => csvCell(column === 'detail' ? JSON.stringify(entry.detail) : (entry[column] ?? ''))).join(',')}\r\n`;

/** As RFC 4180 has it. A spreadsheet would run what begins like a formula, and names are chosen by anybody: an apostrophe makes it text. */
function csvCell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
