/**
 * What is wrong with a text that is no JSON, and where: `Line 3, column 5: a comma or } is expected, not "b".` The messages of
 * `JSON.parse` name a place for some faults only.
 */
export function describeJsonFault(text: string): string {
  const fault = jsonFault(text);
  if (fault === undefined) return 'This is not JSON.';
  const before = text.slice(0, fault.at);
  const line = before.split('\n').length;
  const column = fault.at - before.lastIndexOf('\n');
  return `Line ${line}, column ${column}: ${fault.message}`;
}

type Fault = { readonly at: number; readonly message: string };
type Wanted = 'value' | 'value or ]' | 'key' | 'key or }' | 'colon' | 'next' | 'end';

const space = /[ \t\n\r]*/y;
const plain = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])|(?:true|false|null)(?!\w)/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: those that must not stand in a string
const string = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;

export function jsonFault(text: string): Fault | undefined {
  const open: ('{' | '[')[] = [];
  let wanted: Wanted = 'value';
  let at = 0;
  const take = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    const length = pattern.exec(text)?.[0].length;
    at += length ?? 0;
    return length !== undefined;
  };
  const afterValue = (): Wanted => (open.length === 0 ? 'end' : 'next');
  const close = (): void => {
    open.pop();
    at += 1;
    wanted = afterValue();
  };
  for (;;) {
    take(space);
    const char = text.charAt(at);
    if (wanted === 'end')
      return char === '' ? undefined : { at, message: `the value has ended, but ${found(text, at)} follows.` };
    const inside = open.at(-1);
    if ((wanted === 'next' || wanted === 'key or }') && inside === '{' && char === '}') close();
    else if ((wanted === 'next' || wanted === 'value or ]') && inside === '[' && char === ']') close();
    else if (wanted === 'next' && char === ',') {
      at += 1;
      wanted = inside === '{' ? 'key' : 'value';
    } else if (wanted === 'colon' && char === ':') {
      at += 1;
      wanted = 'value';
    } else if (wanted === 'key' || wanted === 'key or }') {
      if (!take(string)) return { at, message: faultAt(text, at, wanted, inside) };
      wanted = 'colon';
    } else if ((wanted === 'value' || wanted === 'value or ]') && (char === '{' || char === '[')) {
      open.push(char);
      at += 1;
      wanted = char === '{' ? 'key or }' : 'value or ]';
    } else if ((wanted === 'value' || wanted === 'value or ]') && (take(string) || take(plain))) wanted = afterValue();
    else return { at, message: faultAt(text, at, wanted, inside) };
  }
}

function faultAt(text: string, at: number, wanted: Wanted, inside: '{' | '[' | undefined): string {
  if (text.charAt(at) === '"' && wanted !== 'next' && wanted !== 'colon')
    return 'the text that begins here does not end on its line, or holds an escape that is none.';
  const closing = inside === '{' ? '}' : ']';
  const words: Readonly<Record<Wanted, string>> = {
    value: 'a value',
    'value or ]': 'a value or ]',
    key: 'a name in double quotes',
    'key or }': 'a name in double quotes or }',
    colon: 'a colon',
    next: `a comma or ${closing}`,
    end: 'the end',
  };
  return `${words[wanted]} is expected, not ${found(text, at)}.`;
}

function found(text: string, at: number): string {
  const word = /^[\w$.-]{1,20}|^./su.exec(text.slice(at, at + 24))?.[0];
  return word === undefined ? 'the end' : word === '"' ? 'a quote' : JSON.stringify(word);
}
