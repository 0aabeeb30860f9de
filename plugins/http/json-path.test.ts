import { describe, expect, it } from '@jest/globals';
import { compilePath } from './json-path.ts';

// the document of RFC 9535, 1.5
const store = {
  book: [
    { category: 'reference', author: 'Nigel Rees', title: 'Sayings of the Century', price: 8.95 },
    { category: 'fiction', author: 'Evelyn Waugh', title: 'Sword of Honour', price: 12.99 },
    { category: 'fiction', author: 'Herman Melville', title: 'Moby Dick', isbn: '0-553-21311-3', price: 8.99 },
    { category: 'fiction', author: 'J. R. R. Tolkien', title: 'The Lord of the Rings', isbn: '0-395-19395-8', price: 22.99 },
  ],
  bicycle: { color: 'red', price: 399 },
};
const document = { store, 'a-b': { "it's": 1 }, list: [0, 1, 2, 3, 4, 5, 6], none: null };

describe('a path', () => {
  it.each<[string, unknown[]]>([
    ['$', [document]],
    ['$.store.bicycle.color', ['red']],
    ["$['store']['bicycle'][\"color\"]", ['red']],
    ["$['a-b']['it\\'s']", [1]],
    ['$.store.book[*].author', store.book.map(({ author }) => author)],
    ['$..author', store.book.map(({ author }) => author)],
    ['$.store.*', [store.book, store.bicycle]],
    ['$..book[2].title', ['Moby Dick']],
    ['$..book[-1].title', ['The Lord of the Rings']],
    ['$..book[0,1].price', [8.95, 12.99]],
    ['$..book[:2].price', [8.95, 12.99]],
    ['$..book[?@.isbn].title', ['Moby Dick', 'The Lord of the Rings']],
    ['$..book[?!@.isbn].price', [8.95, 12.99]],
    ['$..book[?@.price<10].title', ['Sayings of the Century', 'Moby Dick']],
    ["$..book[?@.category == 'fiction' && @.price >= 12.99].price", [12.99, 22.99]],
    ["$..book[?@.price == 8.95 || @.author == 'Herman Melville'].price", [8.95, 8.99]],
    ["$.store['bicycle','nothing'].price", [399]],
    ['$.list[1:5:2]', [1, 3]],
    ['$.list[5:1:-2]', [5, 3]],
    ['$.list[::-1]', [6, 5, 4, 3, 2, 1, 0]],
    ['$.list[-2:]', [5, 6]],
    ['$.list[::0]', []],
    ['$.list[99]', []],
    ['$.none', [null]],
    ['$.none.x', []],
    ['$.store.constructor', []],
    ['$.list[?@ > 4]', [5, 6]],
    ["$.list[?@ > '4']", []],
  ])('%s', (path, picked) => expect(compilePath(path)(document)).toEqual(picked));

  it.each([
    'store', '$.', '$store', '$[', '$[x]', '$[0', '$[?]', '$[?length(@.a) > 1]', '$[?@.a == b]', '$[?@.a && @.b || @.c]', '$[?(@.a)]',
    '$[?@.a == process.exit()]', "$['open]",
  ])('%s is refused with the place of the mistake', (path) => expect(() => compilePath(path)).toThrow(/wrong at character \d+/)); // biome-ignore format: a list

  it('ends on a document that is nested deeply', () => {
    let deep: unknown = 1;
    for (let level = 0; level < 50_000; level += 1) deep = { a: deep };
    expect(compilePath('$..b')(deep)).toEqual([]);
  });
});
