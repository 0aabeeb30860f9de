import type { Output } from '../surroundings.ts';
import { type Colour, paintFor } from './colours.ts';
import { asOneLine, cutTo, widthOf } from './width.ts';

export type Column<T> = {
  readonly title: string;
  value(row: T): string;
  colour?(row: T): Colour | undefined;
  readonly align?: 'left' | 'right';
  /** gives way when the terminal is too narrow; columns with ids and numbers never do */
  readonly flexible?: boolean;
};

const gap = '  ';
const leastFlexible = 8;

/** Rows under their titles, no wider than the terminal as far as the flexible columns allow. Ends with a line feed. */
export function table<T>(rows: readonly T[], columns: readonly Column<T>[], output: Pick<Output, 'columns' | 'colours'>): string {
  const paint = paintFor(output);
  const cells = rows.map((row) => columns.map((column) => asOneLine(column.value(row))));
  const natural = columns.map((column, at) => Math.max(widthOf(column.title), ...cells.map((line) => widthOf(line[at] ?? ''))));
  const widths = fittedWidths(natural, columns, output.columns);
  const line = (texts: readonly string[], colourOf: (at: number) => Colour | undefined): string =>
    texts
      .map((text, at) => {
        const width = widths[at] ?? 0;
        const cut = cutTo(text, width);
        const fill = ' '.repeat(width - widthOf(cut));
        const painted = paint(cut, colourOf(at));
        if (columns[at]?.align === 'right') return fill + painted;
        return at === texts.length - 1 ? painted : painted + fill;
      })
      .join(gap)
      .trimEnd();
  const head = line(
    columns.map((column) => column.title),
    () => 'dim',
  );
  const body = rows.map((row, index) => line(cells[index] ?? [], (at) => columns[at]?.colour?.(row)));
  return `${[head, ...body].join('\n')}\n`;
}

/** Takes from the widest flexible column until all fit. */
function fittedWidths<T>(natural: readonly number[], columns: readonly Column<T>[], available: number): number[] {
  const widths = [...natural];
  const total = (): number => widths.reduce((sum, width) => sum + width, 0) + gap.length * (widths.length - 1);
  for (let excess = total() - available; excess > 0; excess = total() - available) {
    const flexible = widths.map((width, at) => (columns[at]?.flexible ? width : 0));
    const widest = flexible.indexOf(Math.max(...flexible));
    const width = widths[widest] ?? 0;
    if (widest < 0 || (flexible[widest] ?? 0) <= leastFlexible) break;
    const others = flexible.filter((_, at) => at !== widest);
    // down to the next widest first, so that no column starves beside one that is hardly cut
    const next = Math.max(leastFlexible, ...others);
    const least = next < width ? next : leastFlexible;
    widths[widest] = Math.max(least, width - (next < width ? excess : 1));
  }
  return widths;
}
