import { MusterError } from '../shared/errors.ts';

/** What is said of an error on a terminal. `flags` names the flag that a field of the API came from. */
export function sentenceOf(error: unknown, flags: Readonly<Record<string, string>> = {}): string {
  if (!(error instanceof MusterError)) return error instanceof Error ? (error.stack ?? error.message) : String(error);
  const { field, column, issues } = error.details;
  const named = (name: string): string => flags[name] ?? flags[name.split('.')[0] ?? ''] ?? name;
  if (issues !== undefined && issues.length > 1) {
    const lines = issues.map((issue) => `  ${named(issue.field)}: ${issue.message}`);
    return [`Several fields are not valid (${error.code}):`, ...lines].join('\n');
  }
  const message = withoutField(error.message, field);
  const at = column === undefined ? '' : ` (column ${column})`;
  const where = field === undefined || message.includes(named(field)) ? '' : `${named(field)}${at}: `;
  return `${where}${message} (${error.code})`;
}

/** What a program reads of an error, with `--json`. */
export function problemOfError(error: unknown): { readonly error: Readonly<Record<string, unknown>> } {
  if (!(error instanceof MusterError)) return { error: { code: 'internal', message: (error as Error).message } };
  const { field, column, issues } = error.details;
  return { error: { code: error.code, message: error.message, field, column, issues } };
}

/** The sentences of the server's validation begin with the field; ours with the flag. */
const withoutField = (message: string, field: string | undefined): string =>
  field !== undefined && message.startsWith(`${field}: `) ? message.slice(field.length + 2) : message;
