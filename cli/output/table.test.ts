import { describe, expect, test } from '@jest/globals';
import { type Column, table } from './table.ts';

type Row = { readonly id: string; readonly text: string; readonly count: number };

const columns: Column<Row>[] = [
  { title: 'ID', value: ({ id }) => id },
  { title: 'TEXT', value: ({ text }) => text, flexible: true },
  { title: 'COUNT', value: ({ count }) => String(count), align: 'right' },
];
const rows: Row[] = [
  { id: 'a', text: 'short', count: 5 },
  { id: 'bb', text: 'a text that is long, longer than the others', count: 1234567 },
];
const plain = { columns: Number.POSITIVE_INFINITY, colours: false };

describe('a table', () => {
  test('aligns its columns, numbers to the right', () => {
    expect(table(rows, columns, plain)).toBe(
      [
        'ID  TEXT                                           COUNT',
        'a   short                                              5',
        'bb  a text that is long, longer than the others  1234567',
        '',
      ].join('\n'),
    );
  });

  test('gives way in its flexible columns where the terminal is narrow, and is never wider', () => {
    const lines = table(rows, columns, { columns: 30, colours: false }).trimEnd().split('\n');
    expect(lines[2]).toBe('bb  a text that is l…  1234567');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(30);
  });

  test('keeps ids and numbers whole even where nothing fits', () => {
    expect(table(rows, columns, { columns: 5, colours: false })).toContain('bb  a text …  1234567');
  });

  test('counts wide and combining characters as the terminal does', () => {
    const wide = [
      { id: '漢字', text: 'x', count: 1 },
      { id: 'e\u0301', text: 'y', count: 2 },
    ];
    const [, first = '', second = ''] = table(wide, columns, plain).split('\n');
    expect(first.indexOf('x') + 2).toBe(second.normalize('NFC').indexOf('y'));
  });

  test('keeps a value on one line and harmless, whatever a host sent', () => {
    const text = table([{ id: 'a', text: 'one\ntwo\u001b[2J', count: 1 }], columns, plain);
    expect(text).toContain('one two\ufffd[2J');
  });

  test('colours only where colours are wanted', () => {
    const coloured: Column<Row>[] = [{ title: 'ID', value: ({ id }) => id, colour: () => 'green' }];
    expect(table(rows.slice(0, 1), coloured, plain)).toBe('ID\na\n');
    expect(table(rows.slice(0, 1), coloured, { ...plain, colours: true })).toBe('\u001b[2mID\u001b[22m\n\u001b[32ma\u001b[39m\n');
  });
});
