import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** In the order in which they may override each other. Styles of single pages are linked by their views. */
const sheets = [
  'app',
  'css/shell',
  'css/layout',
  'css/states',
  'css/lists',
  'css/forms',
  'css/pages',
  'css/run',
  'css/overview',
  'css/palette',
  'css/narrow',
];

/** The kit and what every page has, as one sheet: a browser that comes for the first time waits for one answer and not for twelve. */
export const commonStyle = (folder: string, kit: string): Buffer =>
  Buffer.concat(
    [kit, ...sheets.map((sheet) => join(folder, `${sheet}.css`))].map((path) => Buffer.from(`${readFileSync(path, 'utf8')}\n`)),
  );
