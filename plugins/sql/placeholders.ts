import type { Json } from '../../shared/json.ts';
import type { Statement } from './session.ts';
import type { Engine } from './target.ts';

/** A statement in its engine's own placeholders, with a value for each. Values are never put into the text. */
export type BoundStatement = { readonly sql: string; readonly values: readonly Json[] };

/**
 * By position: `?` in SQLite and MySQL, `$1` in PostgreSQL. By name: `:name` everywhere.
 * @throws Error when placeholders and values do not go together
 */
export function bind({ sql, params = [] }: Statement, engine: Engine): BoundStatement {
  return isByName(params) ? bindByName(sql, params, engine) : bindByPosition(sql, params, engine);
}

const isByName = (params: NonNullable<Statement['params']>): params is Readonly<Record<string, Json>> => !Array.isArray(params);

function bindByPosition(sql: string, values: readonly Json[], engine: Engine): BoundStatement {
  const found = placeholdersIn(sql, engine, engine === 'postgres' ? /\$(\d+)/y : /\?(\d*)/y);
  const numbers = found.map(({ name }) => Number(name));
  const count = Math.max(numbers.filter((number) => number === 0).length, ...numbers, 0);
  if (count !== values.length) {
    const sign = engine === 'postgres' ? '$1, $2, …' : '?';
    const named = count === 0 && placeholdersIn(sql, engine, byName).length > 0 ? ' For :name, give `params` as an object.' : '';
    throw new Error(`The statement has ${count} placeholders (${sign}), but \`params\` has ${values.length} values.${named}`);
  }
  return { sql, values };
}

const byName = /:([A-Za-z_]\w*)/y;

function bindByName(sql: string, params: Readonly<Record<string, Json>>, engine: Engine): BoundStatement {
  const found = placeholdersIn(sql, engine, byName);
  const names = [...new Set(found.map(({ name }) => name))];
  const absent = names.filter((name) => !Object.hasOwn(params, name));
  if (absent.length > 0) throw new Error(`The statement names :${absent.join(', :')}, which \`params\` does not have.`);
  const unused = Object.keys(params).filter((name) => !names.includes(name));
  if (unused.length > 0)
    throw new Error(`\`params\` has ${unused.join(', ')}, which the statement does not name (as :${unused[0]}).`);
  let text = '';
  let from = 0;
  for (const { at, length, name } of found) {
    text += sql.slice(from, at) + (engine === 'postgres' ? `$${names.indexOf(name) + 1}` : '?');
    from = at + length;
  }
  const order = engine === 'postgres' ? names : found.map(({ name }) => name);
  return { sql: text + sql.slice(from), values: order.map((name) => params[name] ?? null) };
}

type Placeholder = { readonly at: number; readonly length: number; readonly name: string };

/** @param pattern sticky; where it matches outside of strings, names in quotes and comments, there is a placeholder */
function placeholdersIn(sql: string, engine: Engine, pattern: RegExp): Placeholder[] {
  const found: Placeholder[] = [];
  for (let at = 0; at < sql.length; ) {
    const skipped = passedOver[engine].map((one) => lengthAt(one, sql, at)).find((length) => length > 0);
    if (skipped !== undefined) {
      at += skipped;
      continue;
    }
    pattern.lastIndex = at;
    const match = pattern.exec(sql);
    if (match !== null) found.push({ at, length: match[0].length, name: match[1] ?? '' });
    at += match?.[0].length ?? 1;
  }
  return found;
}

function lengthAt(pattern: RegExp, sql: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.exec(sql)?.[0].length ?? 0;
}

const comment = /--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/y;
const doubled = /'(?:[^']|'')*'?|"(?:[^"]|"")*"?/y;
/** a word as a whole, so that `a$1` and `x:y` are none; and the `::` of a cast */
const word = /[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*|::/y;

const passedOver: Readonly<Record<Engine, readonly RegExp[]>> = {
  sqlite: [comment, doubled, /`[^`]*`?|\[[^\]]*\]?/y, word],
  mysql: [
    /#[^\n]*|--(?=\s|$)[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/y,
    /'(?:[^'\\]|\\[\s\S]|'')*'?|"(?:[^"\\]|\\[\s\S]|"")*"?|`[^`]*`?/y,
    word,
  ],
  postgres: [
    comment,
    /[eE]'(?:[^'\\]|\\[\s\S]|'')*'?/y,
    doubled,
    /\$([A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$[\s\S]*?(?:\$\1\$|$)/y,
    word,
  ],
};
