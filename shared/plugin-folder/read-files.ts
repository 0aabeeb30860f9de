import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { BundleFile } from '../plugin-bundle.ts';
import type { FoundFile } from './collection.ts';

/** What was found, as the files of a bundle. */
export async function readFiles(files: readonly FoundFile[]): Promise<BundleFile[]> {
  const contents: BundleFile[] = [];
  for (const { path, source, executable } of files)
    contents.push({ path, executable, base64: (await readFound(source)).toString('base64') });
  return contents;
}

/** The look before said that it is a regular file; if a link took its place since, this fails. */
export async function readFound(source: string): Promise<Buffer> {
  const file = await open(source, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
  try {
    return await file.readFile();
  } finally {
    await file.close();
  }
}
