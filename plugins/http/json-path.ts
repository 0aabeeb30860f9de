/**
 * A part of JSONPath (RFC 9535), without anything that computes:
 *
 *     $  .name  ['name']  [0]  [-1]  [1:5:2]  .*  [*]  ..name  ['a','b',0]  [?@.size]  [?@.size == 3]  [?!@.size]  [?@.a == 1 && @.b != 'x']
 *
 * Filters compare a path below `@` with a literal (`==  !=  <  <=  >  >=`), joined by `&&` or by `||`. Parentheses, functions (`length()`, …)
 * and paths that begin at `$` inside of a filter are not there.
 */
export function compilePath(path: string): (document: unknown) => unknown[] {
  const reader = { text: path, at: 0 };
  if (!take(reader, '$')) throw wrong(reader, 'it begins with $');
  const segments: Segment[] = [];
  while (reader.at < path.length) segments.push(readSegment(reader));
  return (document) => select(document, segments);
}

type Reader = { readonly text: string; at: number };
type Selector = (value: unknown) => unknown[];
type Segment = { readonly deep: boolean; readonly selectors: readonly Selector[] };

const maxNodes = 100_000;

function select(document: unknown, segments: readonly Segment[]): unknown[] {
  let nodes = [document];
  for (const { deep, selectors } of segments) {
    const from = deep ? nodes.flatMap(withDescendants) : nodes;
    nodes = from.flatMap((node) => selectors.flatMap((selector) => selector(node)));
    if (nodes.length > maxNodes) throw new Error(`A path picks more than ${maxNodes} values.`);
  }
  return nodes;
}

const childrenOf = (value: unknown): unknown[] => (typeof value === 'object' && value !== null ? Object.values(value) : []);

function withDescendants(value: unknown): unknown[] {
  const all = [value];
  for (let next = 0; next < all.length && all.length <= maxNodes; next += 1)
    for (const child of childrenOf(all[next])) all.push(child);
  return all;
}

function readSegment(reader: Reader): Segment {
  const deep = take(reader, '..');
  if (take(reader, '[')) return { deep, selectors: readBrackets(reader) };
  if (!deep && !take(reader, '.')) throw wrong(reader, 'a segment begins with . or [');
  if (take(reader, '*')) return { deep, selectors: [childrenOf] };
  const name = match(reader, /[\p{L}_][\p{L}\p{N}_]*/uy);
  if (name === undefined) throw wrong(reader, "a name is expected (write others as ['a-b'])");
  return { deep, selectors: [byName(name)] };
}

function readBrackets(reader: Reader): Selector[] {
  const selectors: Selector[] = [];
  do {
    skipSpace(reader);
    selectors.push(readSelector(reader));
    skipSpace(reader);
  } while (take(reader, ','));
  if (!take(reader, ']')) throw wrong(reader, '] is expected');
  return selectors;
}

function readSelector(reader: Reader): Selector {
  if (take(reader, '*')) return childrenOf;
  if (take(reader, '?')) return readFilter(reader);
  const quoted = readQuoted(reader);
  if (quoted !== undefined) return byName(quoted);
  const slice = match(reader, /-?\d*\s*:\s*-?\d*(\s*:\s*-?\d*)?/y);
  if (slice !== undefined) return bySlice(slice.split(':').map((part) => (part.trim() === '' ? undefined : Number(part))));
  const index = match(reader, /-?\d+/y);
  if (index === undefined) throw wrong(reader, 'a name in quotes, an index, a slice, * or ? is expected');
  return (value) => (Array.isArray(value) && value.at(Number(index)) !== undefined ? [value.at(Number(index))] : []);
}

const byName =
  (name: string): Selector =>
  (value) =>
    typeof value === 'object' && value !== null && !Array.isArray(value) && Object.hasOwn(value, name)
      ? [(value as Record<string, unknown>)[name]]
      : [];

function bySlice([from, to, step = 1]: readonly (number | undefined)[]): Selector {
  return (value) => {
    if (!Array.isArray(value) || step === 0) return [];
    const bound = (given: number | undefined, other: number): number =>
      given === undefined ? other : given < 0 ? given + value.length : given;
    const picked: unknown[] = [];
    if (step > 0) {
      const end = Math.min(bound(to, value.length), value.length);
      for (let index = Math.max(bound(from, 0), 0); index < end; index += step) picked.push(value[index]);
    } else {
      const end = Math.max(to === undefined ? -1 : bound(to, 0), -1);
      for (let index = Math.min(bound(from, value.length - 1), value.length - 1); index > end; index += step)
        picked.push(value[index]);
    }
    return picked;
  };
}

type Test = (value: unknown) => boolean;

function readFilter(reader: Reader): Selector {
  const tests = [readTest(reader)];
  let joint: string | undefined;
  for (skipSpace(reader); ; skipSpace(reader)) {
    const next = match(reader, /&&|\|\|/y);
    if (next === undefined) break;
    if (joint !== undefined && joint !== next) throw wrong(reader, '&& and || are not mixed in one filter');
    joint = next;
    tests.push(readTest(reader));
  }
  const holds: Test =
    joint === '||' ? (value) => tests.some((test) => test(value)) : (value) => tests.every((test) => test(value));
  return (value) => childrenOf(value).filter(holds);
}

function readTest(reader: Reader): Test {
  skipSpace(reader);
  const negated = take(reader, '!');
  skipSpace(reader);
  if (!take(reader, '@')) throw wrong(reader, 'a filter begins with @');
  const segments: Segment[] = [];
  while (/[.[]/.test(reader.text[reader.at] ?? '')) segments.push(readSegment(reader));
  skipSpace(reader);
  const operator = match(reader, /==|!=|<=|>=|<|>/y);
  if (operator === undefined) return (value) => select(value, segments).length > 0 !== negated;
  if (negated) throw wrong(reader, '! stands before a path alone');
  skipSpace(reader);
  const literal = readLiteral(reader);
  return (value) => compare(select(value, segments)[0], operator, literal);
}

function readLiteral(reader: Reader): unknown {
  const quoted = readQuoted(reader);
  if (quoted !== undefined) return quoted;
  const word = match(reader, /true|false|null|-?\d+(\.\d+)?([eE][+-]?\d+)?/y);
  if (word === undefined) throw wrong(reader, 'a text in quotes, a number, true, false or null is expected');
  return JSON.parse(word);
}

/** As in the RFC: values of different kinds are neither equal nor ordered. */
function compare(value: unknown, operator: string, literal: unknown): boolean {
  if (operator === '==') return value === literal;
  if (operator === '!=') return value !== literal;
  if (value === literal && operator.endsWith('=')) return true;
  const areOrdered =
    (typeof value === 'number' && typeof literal === 'number') || (typeof value === 'string' && typeof literal === 'string');
  if (!areOrdered) return false;
  return operator.startsWith('<') ? value < literal : value > literal;
}

function readQuoted(reader: Reader): string | undefined {
  const raw = match(reader, /'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"/y);
  return raw?.slice(1, -1).replaceAll(/\\(.)/g, '$1');
}

function take(reader: Reader, token: string): boolean {
  if (!reader.text.startsWith(token, reader.at)) return false;
  reader.at += token.length;
  return true;
}

function match(reader: Reader, sticky: RegExp): string | undefined {
  sticky.lastIndex = reader.at;
  const found = sticky.exec(reader.text)?.[0];
  reader.at += found?.length ?? 0;
  return found;
}

const skipSpace = (reader: Reader): void => void match(reader, /\s*/y);

const wrong = ({ text, at }: Reader, why: string): Error =>
  new Error(`The path ${text} is wrong at character ${at + 1}: ${why}.`);
