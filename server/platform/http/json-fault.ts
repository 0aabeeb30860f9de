/** Where a text stops being JSON, for a person who has to mend it. Lines and columns count from 1. */
export type JsonFault = { readonly line: number; readonly column: number; readonly what: string };

/** Only for texts that JSON.parse has refused, and whose depth is bounded. */
export function findJsonFault(text: string): JsonFault {
  const fault = faultIn(text);
  const before = text.slice(0, fault.at).split('\n');
  return { line: before.length, column: (before.at(-1) ?? '').length + 1, what: fault.what };
}

type Fault = { readonly at: number; readonly what: string };

function faultIn(text: string): Fault {
  const end = value(skipSpace(0));
  if (typeof end !== 'number') return end;
  const at = skipSpace(end);
  return { at, what: at < text.length ? 'more text follows the value' : 'the value is not valid' };

  /** the position after the value at `at`, or the fault in it */
  function value(at: number): number | Fault {
    const first = text[at];
    if (first === '{') return members(at + 1);
    if (first === '[') return list(at + 1, ']', value);
    if (first === '"') return string(at);
    return (
      match(/(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.+-])/y, at) ?? {
        at,
        what: expected(at, 'a value'),
      }
    );
  }

  function members(at: number): number | Fault {
    return list(at, '}', (from) => {
      if (text[from] !== '"') return { at: from, what: expected(from, 'a name in double quotes') };
      const name = string(from);
      if (typeof name !== 'number') return name;
      const colon = skipSpace(name);
      return text[colon] === ':' ? value(skipSpace(colon + 1)) : { at: colon, what: expected(colon, 'a colon') };
    });
  }

  function list(start: number, close: string, item: (at: number) => number | Fault): number | Fault {
    let at = skipSpace(start);
    if (text[at] === close) return at + 1;
    for (;;) {
      const end = item(at);
      if (typeof end !== 'number') return end;
      at = skipSpace(end);
      if (text[at] === close) return at + 1;
      if (text[at] !== ',') return { at, what: expected(at, `a comma or ${close}`) };
      at = skipSpace(at + 1);
    }
  }

  function string(at: number): number | Fault {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids exactly these
    const end = match(/"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*/y, at) ?? at;
    if (text[end] === '"') return end + 1;
    return { at: end, what: end < text.length ? 'a character that a string must not hold as it is' : 'a string is not closed' };
  }

  function match(pattern: RegExp, at: number): number | undefined {
    pattern.lastIndex = at;
    return pattern.test(text) ? pattern.lastIndex : undefined;
  }

  function skipSpace(at: number): number {
    return match(/[ \t\n\r]*/y, at) ?? at;
  }

  function expected(at: number, what: string): string {
    return at < text.length ? `${what} is expected` : `the text ends where ${what} is expected`;
  }
}
