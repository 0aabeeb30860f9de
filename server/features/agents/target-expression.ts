import { type Matcher, matcherOf } from './target-terms.ts';
import { syntaxError, type Token, tokensOf } from './target-tokens.ts';

/**
 * Which hosts: `tag:web & os:linux`, `db? | !(fact:cpus<8)`, `web01, web02`.
 *
 *   either = both (('|' | ',' | 'or') both)*
 *   both   = single (('&' | 'and') single)*
 *   single = ('!' | 'not')* (word | '(' either ')')
 *
 * A word is a name with `*` and `?`, or `key:value` (see `target-terms.ts`).
 */
export const parseTarget = (text: string): Matcher => readTarget(text).matches;

/** The expression, and what must all hold for it, each as it was written: `tag:web & !os:linux` has two parts, an alternative one. */
export function readTarget(text: string): TargetExpression {
  if (text.length > maxLength) throw syntaxError(`The expression is longer than ${maxLength} characters.`, maxLength + 1);
  const tokens = tokensOf(text);
  let at = 0;
  const peek = (): Token => tokens[at] as Token;
  const take = (): Token => tokens[at++] as Token;

  /** of the last `both` on the outermost level */
  let parts: TargetPart[] = [];
  let alternatives = 0;

  function either(depth: number): Matcher {
    const matchers = [both(depth)];
    while (peek().kind === 'or') {
      take();
      matchers.push(both(depth));
    }
    if (depth === 0) alternatives = matchers.length;
    return matchers.length === 1 ? (matchers[0] as Matcher) : (target) => matchers.some((matches) => matches(target));
  }

  function both(depth: number): Matcher {
    const read: TargetPart[] = [];
    do {
      if (read.length > 0) take();
      const start = peek().column - 1;
      const matches = single(depth);
      read.push({ text: text.slice(start, peek().column - 1).trim(), matches });
    } while (peek().kind === 'and');
    if (depth === 0) parts = read;
    const matchers = read.map(({ matches }) => matches);
    return matchers.length === 1 ? (matchers[0] as Matcher) : (target) => matchers.every((matches) => matches(target));
  }

  function single(depth: number): Matcher {
    let negated = false;
    while (peek().kind === 'not') {
      take();
      negated = !negated;
    }
    const matches = operand(depth);
    return negated ? (target) => !matches(target) : matches;
  }

  function operand(depth: number): Matcher {
    const token = take();
    if (token.kind === 'word') return matcherOf(token);
    if (token.kind !== 'open')
      throw syntaxError(`A name, a key such as tag: or "(" is expected here${found(token)}.`, token.column);
    if (depth === maxDepth) throw syntaxError('The expression is nested too deeply.', token.column);
    const inner = either(depth + 1);
    const close = take();
    if (close.kind !== 'close')
      throw syntaxError(`The "(" of column ${token.column} is not closed${found(close)}.`, close.column);
    return inner;
  }

  const whole = either(0);
  const next = peek();
  if (next.kind !== 'end') throw syntaxError(`"&" or "|" is expected here${found(next)}.`, next.column);
  return { matches: whole, parts: alternatives === 1 ? parts : [{ text: text.trim(), matches: whole }] };
}

type TargetPart = { readonly text: string; readonly matches: Matcher };
export type TargetExpression = { readonly matches: Matcher; readonly parts: readonly TargetPart[] };

const maxLength = 2000;
const maxDepth = 100;

const found = (token: Token): string => (token.kind === 'end' ? ', but the expression ends' : `, not "${token.text}"`);
