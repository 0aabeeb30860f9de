import { createHash } from 'node:crypto';
import { lstat } from 'node:fs/promises';
import { MusterError } from '../errors.ts';
import { maxBundleBytes, maxBundleFiles } from '../plugin-bundle.ts';

/** A file that becomes one of a bundle. */
export type FoundFile = {
  /** in the bundle, with forward slashes */
  readonly path: string;
  /** on this host */
  readonly source: string;
  readonly executable: boolean;
};

/** The files that were found for a bundle, up to what one may hold. */
export type Collection = {
  readonly files: readonly FoundFile[];
  /**
   * @param as `program`: it is executable if it is so on this host
   * @throws MusterError plugin_invalid, for what is no regular file, and for one too many
   */
  add(source: string, path: string, as: 'program' | 'library'): Promise<void>;
  /** Something else that must change the mark. */
  note(text: string): void;
  /** changes whenever a file does; to be asked once, at the end */
  mark(): string;
};

export function createCollection(): Collection {
  const files: FoundFile[] = [];
  const marks = createHash('sha256');
  let bytes = 0;
  return {
    files,
    async add(source, path, as) {
      const stats = await lstat(source);
      if (stats.isSymbolicLink()) throw linked(path);
      // reading a pipe or a device could wait for ever
      if (!stats.isFile()) throw invalid(`${path} is not a regular file.`);
      // how a library's files are marked differs from installer to installer, and nobody starts them
      files.push({ path, source, executable: as === 'program' && (stats.mode & 0o111) !== 0 });
      bytes += stats.size;
      marks.update(JSON.stringify([path, stats.size, stats.mtimeMs, stats.ctimeMs, stats.ino, stats.mode]));
      if (files.length > maxBundleFiles) throw invalid(`It has more than ${maxBundleFiles} files${ofThose(files)}.`);
      // base64 adds a third
      if ((bytes * 4) / 3 > maxBundleBytes)
        throw invalid(`Its files are larger than 15 MiB together${ofThose(files)}, which is the most that a plugin can have.`);
    },
    note: (text) => void marks.update(JSON.stringify(text)),
    mark: () => marks.digest('hex'),
  };
}

export const invalid = (message: string, cause?: unknown): MusterError => new MusterError('plugin_invalid', message, { cause });

export const linked = (path: string): MusterError =>
  invalid(`${path} is a symbolic link; links are not followed. Put a copy there.`);

function ofThose(files: readonly FoundFile[]): string {
  const borrowed = files.filter(({ path }) => /^(node_modules|vendor)\//.test(path)).length;
  return borrowed === 0 ? '' : ` (${borrowed} of those found are of its dependencies)`;
}
