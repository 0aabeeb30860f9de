import type { z } from 'zod';
import { type Page, pageOf } from '../shared/api/listing.ts';
import type { Client, Query } from './client.ts';

/** the most that the server gives at once */
const pageSize = 500;

/** Reads as many pages as `limit` items need. */
export async function readList<T>(
  client: Client,
  path: string,
  item: z.ZodType<T>,
  { limit, ...query }: Query & { readonly limit: number },
): Promise<Page<T>> {
  const answer = pageOf(item) as unknown as z.ZodType<Page<T>>;
  const items: T[] = [];
  let after = query.after;
  for (;;) {
    const page = await client.get(path, answer, { ...query, after, limit: Math.min(pageSize, limit - items.length) });
    items.push(...page.items);
    if (page.next === null || items.length >= limit) return { items, next: page.next };
    after = page.next;
  }
}
