type Fault = { readonly path: string; readonly message: string; readonly line: number; readonly column: null };

const message = 'Its lines end as on Windows (CRLF), and hosts with Linux take that for part of each command: save it with LF';

/** Scripts with the line ends of Windows, as their first line has it: others may hold such text on purpose. */
export const lineEndFaults = (sources: readonly { readonly path: string; readonly text: string }[]): Fault[] =>
  sources.flatMap(({ path, text }) => (/^[^\n]*\r\n/.test(text) ? [{ path, message, line: 1, column: null }] : []));
