/** A text by which names sort as people count: `web2` before `web10`. */
export const naturalKey = (name: string): string =>
  name.replace(/\d+/g, (digits) => digits.replace(/^0+(?=\d)/, '').padStart(15, '0'));
