import { readFile, writeFile } from 'node:fs/promises';

const begin = '<!-- pictures: made by `npm run screenshots` -->';
const end = '<!-- end of the pictures -->';

/** Puts the pictures into the page that shows them, between its two marks. @param names of pages, in order */
export async function writeGallery(file: string, folder: string, names: readonly string[]): Promise<void> {
  await writeFile(file, withGallery(await readFile(file, 'utf8'), folder, names));
}

/** @throws if the text has not both marks */
export function withGallery(text: string, folder: string, names: readonly string[]): string {
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error('The page has no place for the pictures.');
  return `${text.slice(0, from)}${begin}\n\n${names.map((name) => entryOf(name, folder)).join('\n\n')}\n\n${text.slice(to)}`;
}

/** Light or dark as the reader has it; the phone beside the desk. */
function entryOf(name: string, folder: string): string {
  const picture = (width: number, shown: string): string =>
    [
      `<picture><source media="(prefers-color-scheme: dark)" srcset="${folder}/${name}-${width}-dark.webp">`,
      `<img alt="${titleOf(name)}, ${width} px wide" src="${folder}/${name}-${width}-light.webp" width="${shown}"></picture>`,
    ].join('');
  return `### ${titleOf(name)}\n\n${picture(1440, '74%')}\n${picture(390, '22%')}`;
}

const titleOf = (name: string): string => {
  const words = name.replaceAll('-', ' ').replace(/\bapi\b/, 'API');
  return words.charAt(0).toUpperCase() + words.slice(1);
};
