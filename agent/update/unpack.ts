import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { PassThrough, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import type { ReleaseFile } from '../../shared/release.ts';

export type Packed = {
  readonly encoding: 'none' | 'gzip' | 'zstd';
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
};

/** The smallest form that Node can unpack. */
export function smallestDownload({ name, bytes, sha256, downloads }: ReleaseFile): Packed {
  const plain: Packed = { encoding: 'none', name, bytes, sha256 };
  const known = downloads.flatMap((each) => (each.encoding === 'xz' ? [] : [{ ...each, encoding: each.encoding }]));
  return known.reduce<Packed>((least, each) => (each.bytes < least.bytes ? each : least), plain);
}

/**
 * Writes the executable that is packed in `from`, and has it on disk when it returns. Never more than the release says: a small download may
 * hold a file that fills the disk.
 * @throws Error with a sentence if it is not the one that the release says
 */
export async function unpack(
  from: string,
  to: string,
  encoding: Packed['encoding'],
  file: ReleaseFile,
  signal: AbortSignal,
): Promise<void> {
  const hash = createHash('sha256');
  let size = 0;
  const proved = new Transform({
    transform(piece: Buffer, _, next) {
      size += piece.length;
      if (size > file.bytes) return next(new Error('The executable that was unpacked is longer than the release says.'));
      hash.update(piece);
      next(null, piece);
    },
  });
  const target = createWriteStream(to, { mode: 0o700, flush: true });
  await pipeline(createReadStream(from, { highWaterMark: 256 * 1024 }), unpacker(encoding), proved, target, { signal });
  if (hash.digest('hex') !== file.sha256)
    throw new Error('The executable that was unpacked is not the one that the release says.');
}

function unpacker(encoding: Packed['encoding']): Transform {
  if (encoding === 'gzip') return createGunzip();
  return encoding === 'zstd' ? createZstdDecompress() : new PassThrough();
}
