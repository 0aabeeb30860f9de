import type { Output } from '../surroundings.ts';
import { type Colour, paintFor } from './colours.ts';
import { asPlainLines } from './width.ts';

/** undefined and null: nothing to show, so no line */
export type Field = readonly [title: string, value: string | null | undefined, colour?: Colour | undefined];

/** One thing with its properties, one per line; a value of several lines stays indented. Ends with a line feed. */
export function fields(list: readonly Field[], output: Pick<Output, 'colours'>): string {
  const paint = paintFor(output);
  const shown = list.filter((field): field is [string, string, Colour?] => field[1] !== null && field[1] !== undefined);
  const width = Math.max(0, ...shown.map(([title]) => title.length));
  return shown
    .map(([title, value, colour]) => {
      const [first = '', ...rest] = asPlainLines(value)
        .split('\n')
        .map((line) => paint(line, colour));
      const indent = ' '.repeat(width + 2);
      return `${paint(title.padEnd(width), 'dim')}  ${[first, ...rest.map((line) => indent + line)].join('\n')}\n`;
    })
    .join('');
}
