/** How many columns a terminal gives to a text, and texts that fit. */

export const widthOf = (text: string): number => [...graphemes(text)].reduce((sum, grapheme) => sum + columnsOf(grapheme), 0);

/** At most `columns` wide; what was cut leaves an ellipsis. */
export function cutTo(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  let kept = '';
  let width = 0;
  for (const grapheme of graphemes(text)) {
    const next = width + columnsOf(grapheme);
    if (next > columns - 1) break;
    kept += grapheme;
    width = next;
  }
  return columns < 1 ? '' : `${kept}…`;
}

/** Lines and tabs stay; what else could steer the terminal becomes a sign that it was there. */
export const asPlainLines = (text: string): string => text.replace(/[^\P{Cc}\n\t]/gu, '\ufffd');

/** One line, and nothing in it that could steer the terminal: what hosts send is not to be trusted with that. */
export const asOneLine = (text: string): string =>
  text
    .replace(/\s+/g, ' ')
    .replace(/\p{Cc}/gu, '\ufffd')
    .trim();

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });

function* graphemes(text: string): Generator<string> {
  for (const { segment } of segmenter.segment(text)) yield segment;
}

const wide =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;

function columnsOf(grapheme: string): number {
  if (wide.test(grapheme)) return 2;
  return /^[\p{Mn}\p{Cf}\p{Cc}]/u.test(grapheme) ? 0 : 1;
}
