import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
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
  const chosen = packers.filter(([encoding]) => effort === 'small' || encoding === 'gzip');
  // each takes a minute or two of one processor
  const results = await Promise.all(chosen.map(([, , pack]) => pack({ content, file, target, effort })));
  for (const [index, [encoding, ending]] of chosen.entries()) {
    const packed = results[index];
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
  ['gzip', 'gz', (packing) => (packing.effort === 'small' ? smallGzip(packing) : deflate(packing.content, { level: 1 }))],
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

/** By 7-Zip, which looks longer for what repeats: 7 % less than the best of zlib, and Windows can unpack nothing better when it installs. */
async function smallGzip({ file }: Packing): Promise<Buffer> {
  const program = fileURLToPath(new URL('./gzip-program.ts', import.meta.url));
  const packed = `${file}.7z-gzip`;
  await promisify(execFile)(process.execPath, [program, dirname(file), basename(file), basename(packed)]);
  try {
    return await readFile(packed);
  } finally {
    await rm(packed);
  }
}

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
