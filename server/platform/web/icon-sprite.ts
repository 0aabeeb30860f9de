import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const resolve = createRequire(import.meta.url).resolve;

/** every icon begins with it, and it draws nothing */
const emptyPath = '<path stroke="none" d="M0 0h24v24H0z" fill="none" />';

/** The outline icons of Tabler that pages use, as one SVG of symbols: `/assets/<hash>/icons.svg#name`. */
export function createIconSprite(names: readonly string[]): { readonly svg: Buffer; readonly names: ReadonlySet<string> } {
  const symbols = names.map((name) => {
    const svg = readFileSync(resolve(`@tabler/icons/outline/${name}.svg`), 'utf8');
    const shapes = /<svg[^>]*>(.*)<\/svg>/s.exec(svg)?.[1]?.replace(emptyPath, '').replace(/\s+/g, ' ').trim();
    if (shapes === undefined) throw new Error(`the icon ${name} is not an SVG`);
    return `<symbol id="${name}" viewBox="0 0 24 24">${shapes}</symbol>`;
  });
  // a symbol takes the stroke of the page's `svg.icon`, so the look is in the style sheet
  return { svg: Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg">${symbols.join('')}</svg>`), names: new Set(names) };
}
