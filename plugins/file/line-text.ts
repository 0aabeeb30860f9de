export type LineArgs = {
  readonly line?: string;
  readonly matching?: string;
  readonly state?: 'present' | 'absent';
  readonly after?: string;
};

/** The text with the line in it, or without it. Line ends stay as they are: CRLF where the file has it, and a last line gets its end. */
export function withLine(text: string, { line, matching, state = 'present', after }: LineArgs): string {
  const pattern = matching === undefined ? undefined : patternOf(matching);
  const lineEnd = text.includes('\r\n') ? '\r\n' : '\n';
  const lines = text === '' ? [] : text.replace(/\r?\n$/, '').split(/\r?\n/);
  const isIt = (each: string): boolean => (pattern === undefined ? each === line : pattern.test(each));
  if (state === 'absent') {
    const kept = lines.filter((each) => !isIt(each));
    return kept.length === lines.length ? text : joined(kept, lineEnd);
  }
  if (line === undefined) throw new Error('Give the `line` that is to be present.');
  if (/[\r\n]/.test(line)) throw new Error('`line` is one line: it holds a line break.');
  const at = lines.findLastIndex(isIt);
  if (at !== -1) return lines[at] === line ? text : joined(lines.with(at, line), lineEnd);
  // the pattern names a line of an older form; the line itself may be there already
  if (lines.includes(line)) return text;
  if (after === undefined) return joined([...lines, line], lineEnd);
  const before = lines.lastIndexOf(after);
  if (before === -1) throw new Error(`No line of the file is ${JSON.stringify(after)} (\`after\`).`);
  return joined(lines.toSpliced(before + 1, 0, line), lineEnd);
}

const joined = (lines: readonly string[], lineEnd: string): string => lines.map((line) => line + lineEnd).join('');

function patternOf(matching: string): RegExp {
  try {
    return new RegExp(matching, 'u');
  } catch (error) {
    throw new Error(`\`matching\` is not a regular expression: ${(error as Error).message}.`);
  }
}
