import type { Json } from '../../shared/json.ts';
import type { RowTaker } from './session.ts';

/** The rows that a result keeps. */
export type KeptRows = RowTaker & {
  readonly names: readonly string[];
  readonly rows: readonly (readonly Json[])[];
  /** why there are fewer than the database had; undefined: these are all */
  readonly cut: string | undefined;
};

/** The data of a result have a limit, of which these take the most part. */
const maxChars = 768 * 1024;

export function keepRows(maxRows: number, charsLeft = maxChars): KeptRows {
  let names: readonly string[] = [];
  const rows: (readonly Json[])[] = [];
  let cut: string | undefined;
  let chars = 0;
  return {
    room: { rows: maxRows, chars: charsLeft },
    get names() {
      return names;
    },
    rows,
    get cut() {
      return cut;
    },
    columns(given) {
      names = unique(given);
    },
    row(values) {
      if (cut !== undefined) return false;
      // each row bears the names of its columns
      chars += JSON.stringify(values).length + names.reduce((sum, name) => sum + name.length + 4, 0);
      if (rows.length === maxRows) cut = `cut at ${maxRows} rows (\`maxRows\`)`;
      else if (chars > charsLeft) cut = `cut after ${rows.length} rows, as a result holds ${Math.round(charsLeft / 1024)} KiB`;
      else rows.push(values);
      return cut === undefined;
    },
  };
}

/** Rows by the names of their columns. */
export const asObjects = ({ names, rows }: Pick<KeptRows, 'names' | 'rows'>): Json[] =>
  rows.map((row) => Object.fromEntries(names.map((name, at) => [name, row[at] ?? null])));

/** A second `id` is `id_2`. */
function unique(given: readonly string[]): string[] {
  const taken = new Set(given);
  const seen = new Set<string>();
  return given.map((name) => {
    let own = name;
    for (let count = 2; seen.has(own) || (own !== name && taken.has(own)); count += 1) own = `${name}_${count}`;
    seen.add(own);
    return own;
  });
}
