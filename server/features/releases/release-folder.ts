import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { type Release, release } from '../../../shared/release.ts';
import type { ByteRange, Download } from './releases.ts';

/** The folder that `npm run build:agent` fills. What is built while the server runs is seen at the next look. */
export type ReleaseFolder = {
  /** What the folder holds now; null: nothing, or nothing that can be used. */
  read(): Promise<Release | null>;
  /** Whether the file is there in the size that the release says, and not half written. */
  has(download: Download): Promise<boolean>;
  /** in pieces; opened when the first is asked for */
  content(download: Download, range: ByteRange | undefined): AsyncIterable<Uint8Array>;
};

/** A look at `release.json` costs one `stat`; it is read again when that tells of another file. */
export function createReleaseFolder(path: string, log: Logger): ReleaseFolder {
  const file = join(path, 'release.json');
  let known: { readonly mark: string; readonly release: Release | null } | undefined;

  async function markOf(): Promise<string | undefined> {
    const { mtimeMs = undefined, size, ino } = (await stat(file).catch(() => undefined)) ?? {};
    return mtimeMs === undefined ? undefined : `${mtimeMs} ${size} ${ino}`;
  }

  async function parse(): Promise<Release | null> {
    try {
      return release.parse(JSON.parse(await readFile(file, 'utf8')));
    } catch (error) {
      log.warn({ err: error, file }, 'release.json cannot be used: no executables of the agent are served');
      return null;
    }
  }

  return {
    async read() {
      const mark = await markOf();
      if (mark === undefined) return null;
      if (known?.mark !== mark) known = { mark, release: await parse() };
      return known.release;
    },
    async has({ name, bytes }) {
      const found = await stat(join(path, name)).catch(() => undefined);
      return found?.isFile() === true && found.size === bytes;
    },
    content: (download, range) => piecesOf(join(path, download.name), range),
  };
}

async function* piecesOf(file: string, range: ByteRange | undefined): AsyncGenerator<Uint8Array> {
  yield* createReadStream(file, { ...range, highWaterMark: 256 * 1024 }) as AsyncIterable<Uint8Array>;
}
