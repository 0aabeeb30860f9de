const timestamp = 7;
const datetime = 12;
const json = 245;

/** A value as the driver has it, with times in ISO 8601: a TIMESTAMP is a moment (the session is in UTC), a DATETIME is what a wall clock shows. */
export function mysqlValue(value: unknown, columnType: number | undefined): unknown {
  if (typeof value !== 'string') return value;
  if (columnType === timestamp) return `${value.replace(' ', 'T')}Z`;
  if (columnType === datetime) return value.replace(' ', 'T');
  return columnType === json ? parsed(value) : value;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
