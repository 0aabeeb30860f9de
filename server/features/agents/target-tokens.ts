import { MusterError } from '../../../shared/errors.ts';

/** The pieces of a target expression. `column` counts from 1. */
export type Token = {
  readonly kind: 'and' | 'or' | 'not' | 'open' | 'close' | 'word' | 'end';
  /** as it was written; of a word, without its quotes */
  readonly text: string;
  readonly column: number;
};

const operators: Readonly<Record<string, Token['kind']>> = {
  '&': 'and', '&&': 'and', '|': 'or', '||': 'or', ',': 'or', '!': 'not', '(': 'open', ')': 'close',
}; // biome-ignore format: a table

const operatorWords: Readonly<Record<string, Token['kind']>> = { and: 'and', or: 'or', not: 'not' };

export const syntaxError = (message: string, column: number): MusterError => new MusterError('owner_syntax', message, { column });

/** @throws MusterError owner_syntax */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const rest = text.slice(at, at + 2);
    const operator = operators[rest] === undefined ? rest.charAt(0) : rest;
    const kind = operators[operator];
    if (/\s/.test(text.charAt(at))) {
      at += 1;
    } else if (kind !== undefined) {
      tokens.push({ kind, text: operator, column: at + 1 });
      at += operator.length;
    } else {
      const { token, end } = wordAt(text, at);
      tokens.push(token);
      at = end;
    }
  }
  tokens.push({ kind: 'end', text: '', column: text.length + 1 });
  return tokens;
}

/** A word ends at white space or an operator, which both may stand inside double quotes. */
function wordAt(text: string, start: number): { token: Token; end: number } {
  let word = '';
  let quoted = false;
  let at = start;
  for (; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (char === '"') {
      const end = text.indexOf('"', at + 1);
      if (end === -1) throw syntaxError('The quote that begins here has no end.', at + 1);
      word += text.slice(at + 1, end);
      quoted = true;
      at = end;
    } else if (/[\s&|,()]/.test(char) || (char === '!' && text.charAt(at + 1) !== '=')) {
      break;
    } else {
      word += char;
    }
  }
  const kind = quoted ? 'word' : (operatorWords[word.toLowerCase()] ?? 'word');
  return { token: { kind, text: word, column: start + 1 }, end: at };
}
