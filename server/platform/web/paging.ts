import { z } from 'zod';

/** Fields that every listing page has in its URL. */
export const pagingQuery = { after: z.string().max(200).optional() };

export type Pager = { readonly first: string | null; readonly older: string | null };

/** The links below a list: filters stay, the cursor moves. Keyset pages go one way; the first page is always one click away. */
export function pagerOf(path: string, query: Readonly<Record<string, unknown>>, next: string | null): Pager {
  const { after, ...filters } = query;
  return {
    first: after === undefined ? null : urlOf(path, filters),
    older: next === null ? null : urlOf(path, { ...filters, after: next }),
  };
}

/** A path with a query, in which values that are absent or empty are left out. */
export function urlOf(path: string, query: Readonly<Record<string, unknown>>): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== '');
  return given.length === 0
    ? path
    : `${path}?${new URLSearchParams(given.map(([key, value]): [string, string] => [key, String(value)]))}`;
}

/** Where to go after signing in: only a path of this dashboard, never another site. */
export function localPath(path: string | undefined): string {
  return path !== undefined && /^\/(?![/\\])[^\p{Cc}\\]*$/u.test(path) ? path : '/';
}
