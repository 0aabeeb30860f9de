/** Where something stands in a text, for a person: lines and columns from 1. */
export type Position = { readonly line: number; readonly column: number };

export function positionAt(text: string, offset: number): Position {
  const before = text.slice(0, offset).split('\n');
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

/**
 * Where a member stands in a JSON text: its name if it has one, else its value. A member that is not there is at the last one on the way to
 * it that is.
 * @param text valid JSON
 */
export function positionInJson(text: string, path: readonly PropertyKey[]): Position {
  return positionAt(text, offsetOf(text, afterSpace(text, 0), path.map(String)));
}

function offsetOf(text: string, start: number, [wanted, ...rest]: readonly string[], shown = start): number {
  if (wanted === undefined) return shown;
  for (const { name, nameAt, valueAt } of membersOf(text, start)) {
    if (name === wanted) return offsetOf(text, valueAt, rest, nameAt);
  }
  return shown;
}

type Member = { readonly name: string; readonly nameAt: number; readonly valueAt: number };

function* membersOf(text: string, start: number): Generator<Member> {
  const isObject = text[start] === '{';
  if (!isObject && text[start] !== '[') return;
  let at = afterSpace(text, start + 1);
  for (let index = 0; at < text.length && text[at] !== '}' && text[at] !== ']'; index += 1) {
    const nameAt = at;
    let name = String(index);
    if (isObject) {
      const nameEnd = endOfValue(text, at);
      name = JSON.parse(text.slice(at, nameEnd)) as string;
      at = afterSpace(text, afterSpace(text, nameEnd) + 1); // the colon
    }
    yield { name, nameAt, valueAt: at };
    at = afterSpace(text, endOfValue(text, at));
    if (text[at] === ',') at = afterSpace(text, at + 1);
  }
}

function endOfValue(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; ) {
    const token = text[at] as string;
    if (token === '"') at = endOfMatch(/"(?:[^"\\]|\\.)*"/y, text, at);
    else if (/[\s,:]/.test(token)) at += 1;
    else if (token === '{' || token === '[') {
      depth += 1;
      at += 1;
    } else if (token === '}' || token === ']') {
      depth -= 1;
      at += 1;
    } else at = endOfMatch(/[^\s,:{}[\]"]+/y, text, at);
    if (depth === 0) return at;
  }
  return text.length;
}

function endOfMatch(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : text.length;
}

const afterSpace = (text: string, at: number): number => endOfMatch(/\s*/y, text, at);
