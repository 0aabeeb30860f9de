import { readFile } from 'node:fs/promises';
import type { TreeContent, TreeEntry } from '../program-tree/tree-entry.ts';

/** What every file of an archive has in common, so that the same source gives the same archive. */
export type ArchiveShape = {
  /** the folder that everything is in */
  readonly folder: string;
  /** of each file, in seconds since 1970 */
  readonly time: number;
};

/**
 * A tar archive in the format that everything reads (ustar), in pieces. Written here, because neither the tools of hosts nor their versions
 * agree on the bytes of one.
 */
export async function* tarOf(entries: readonly TreeEntry[], { folder, time }: ArchiveShape): AsyncGenerator<Buffer> {
  for (const entry of entries) {
    const path = `${folder}/${entry.path}`;
    if (entry.kind === 'link') {
      yield header({ path, time, mode: 0o777, size: 0, type: '2', target: entry.target });
      continue;
    }
    const content = await contentOf(entry.content);
    yield header({ path, time, mode: entry.isExecutable ? 0o755 : 0o644, size: content.length, type: '0', target: '' });
    yield content;
    yield Buffer.alloc((block - (content.length % block)) % block);
  }
  yield Buffer.alloc(2 * block);
}

export const contentOf = async (content: TreeContent): Promise<Buffer> =>
  'text' in content ? Buffer.from(content.text) : await readFile(content.file);

const block = 512;

type Head = {
  readonly path: string;
  readonly time: number;
  readonly mode: number;
  readonly size: number;
  /** `0` a file, `2` a link */
  readonly type: '0' | '2';
  readonly target: string;
};

function header({ path, time, mode, size, type, target }: Head): Buffer {
  const { prefix, name } = splitPath(path);
  const head = Buffer.alloc(block);
  const octal = (value: number, at: number, length: number): void => {
    head.write(value.toString(8).padStart(length - 1, '0'), at, 'latin1');
  };
  head.write(name, 0);
  octal(mode, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(size, 124, 12);
  octal(time, 136, 12);
  // the sum counts its own field as spaces
  head.write('        ', 148, 'latin1');
  head.write(type, 156, 'latin1');
  head.write(target, 157);
  head.write('ustar\u000000', 257, 'latin1');
  head.write('root', 265, 'latin1');
  head.write('root', 297, 'latin1');
  head.write(prefix, 345);
  const sum = head.reduce((total, byte) => total + byte, 0);
  head.write(`${sum.toString(8).padStart(6, '0')}\u0000 `, 148, 'latin1');
  return head;
}

/** A name of up to 100 bytes, and before it a folder of up to 155. */
function splitPath(path: string): { readonly prefix: string; readonly name: string } {
  if (Buffer.byteLength(path) <= 100) return { prefix: '', name: path };
  for (let at = path.indexOf('/'); at !== -1; at = path.indexOf('/', at + 1)) {
    const [prefix, name] = [path.slice(0, at), path.slice(at + 1)];
    if (Buffer.byteLength(name) <= 100 && Buffer.byteLength(prefix) <= 155) return { prefix, name };
  }
  throw new Error(`${path} is too long for an archive.`);
}
