import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { constants, gzip, zstdCompress } from 'node:zlib';
import type { ReleaseEncoding, ReleaseFile } from '../../shared/release.ts';
import type { Target } from './targets.ts';

/** `small` takes minutes; `quick` is for who builds to try something. */
export type Effort = 'small' | 'quick';

/** Writes what can be downloaded instead of an executable beside it, and says what a release says of it. */
export async function packExecutable(folder: string, target: Target, effort: Effort): Promise<ReleaseFile> {
  const { platform, executable: name } = target;
  const file = join(folder, name);
  const content = await readFile(file);
  const downloads: ReleaseFile['downloads'] = [];
  for (const [encoding, ending, pack] of packers) {
    if (effort === 'quick' && encoding !== 'gzip') continue;
    const packed = await pack({ content, file, target, effort });
    if (packed === undefined) continue;
    const packedName = `${name}.${ending}`;
    await writeFile(join(folder, packedName), packed);
    downloads.push({ encoding, name: packedName, ...measure(packed) });
  }
  return { platform, name, ...measure(content), downloads };
}

type Packing = { readonly content: Buffer; readonly file: string; readonly target: Target; readonly effort: Effort };
type Pack = (packing: Packing) => Promise<Buffer | undefined>;

const deflate = promisify(gzip);
const zstandard = promisify(zstdCompress);

const packers: readonly (readonly [ReleaseEncoding, string, Pack])[] = [
  ['gzip', 'gz', ({ content, effort }) => deflate(content, { level: effort === 'small' ? 9 : 1 })],
  [
    'zstd',
    'zst',
    ({ content }) =>
      zstandard(content, {
        params: {
          [constants.ZSTD_c_compressionLevel]: 19,
          // the widest that the tool `zstd` unpacks without being asked to
          [constants.ZSTD_c_windowLog]: 27,
          [constants.ZSTD_c_enableLongDistanceMatching]: 1,
        },
      }),
  ],
  ['xz', 'xz', xz],
];

/** undefined: this machine has no xz. One thread, because more would make other bytes. */
async function xz({ file, target }: Packing): Promise<Buffer | undefined> {
  const args = ['--format=xz', '--check=crc32', '--threads=1', '--keep', '--stdout', ...target.xzFilters, '--lzma2=preset=9e'];
  try {
    const { stdout } = await promisify(execFile)('xz', [...args, file], { encoding: 'buffer', maxBuffer: 2 ** 30 });
    return stdout;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

const measure = (content: Buffer): { bytes: number; sha256: string } => ({
  bytes: content.length,
  sha256: createHash('sha256').update(content).digest('hex'),
});
