/** A key that is given once is text; given more often it is a list, which a schema for text refuses. */
export type RawQuery = Readonly<Record<string, string | readonly string[]>>;

const empty: RawQuery = Object.freeze(Object.create(null));

export function parseQuery(search: string): RawQuery {
  if (search === '') return empty;
  return collect(new URLSearchParams(search));
}

/** The object has no prototype, so that a key such as `__proto__` is a key like any other. */
export function collect(pairs: Iterable<[string, string]>): RawQuery {
  const values: Record<string, string | string[]> = Object.create(null);
  for (const [key, value] of pairs) {
    const known = values[key];
    if (known === undefined) values[key] = value;
    else if (typeof known === 'string') values[key] = [known, value];
    else known.push(value);
  }
  return values;
}
