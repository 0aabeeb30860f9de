import { describe, expect, test } from '@jest/globals';
import { readPage } from './keyset.ts';

type Row = { readonly id: string; readonly size: number };

/** Newest first, as the stores read them. */
const table = (count: number, size: number): Row[] =>
  Array.from({ length: count }, (_, n) => ({ id: String(count - n).padStart(4, '0'), size }));

async function pagesOf(rows: readonly Row[], limit: number): Promise<{ sizes: number[]; ids: string[]; mostAtOnce: number }> {
  const sizes: number[] = [];
  const ids: string[] = [];
  let mostAtOnce = 0;
  let after: string | undefined;
  do {
    const page = await readPage(
      async (position, most) => {
        mostAtOnce = Math.max(mostAtOnce, most);
        return rows.filter(({ id }) => position === undefined || id < position).slice(0, most);
      },
      { after, limit },
      ({ size }) => size,
    );
    sizes.push(page.rows.length);
    ids.push(...page.rows.map(({ id }) => id));
    after = page.next ?? undefined;
  } while (after !== undefined);
  return { sizes, ids, mostAtOnce };
}

describe('a page of rows that may be large', () => {
  test.each([
    [0, 50, [0]],
    [1, 50, [1]],
    [50, 50, [50]],
    [51, 50, [50, 1]],
    [100, 50, [50, 50]],
    [500, 500, [500]],
    [501, 500, [500, 1]],
    [32, 32, [32]],
    [3, 1, [1, 1, 1]],
  ])('of %d small rows at %d a page is as long as it may be', async (count, limit, sizes) => {
    const rows = table(count, 100);
    const pages = await pagesOf(rows, limit);
    expect(pages.sizes).toEqual(sizes);
    expect(pages.ids).toEqual(rows.map(({ id }) => id));
  });

  test('ends early when its rows are large, and leaves none out', async () => {
    const rows = table(70, 3 * 1024 * 1024);
    const pages = await pagesOf(rows, 500);
    expect(Math.max(...pages.sizes)).toBe(3);
    expect(pages.ids).toEqual(rows.map(({ id }) => id));
    expect(pages.mostAtOnce).toBeLessThanOrEqual(32);
  });

  test('has at least one row, however large', async () => {
    expect((await pagesOf(table(3, 100 * 1024 * 1024), 50)).sizes).toEqual([1, 1, 1]);
  });
});
