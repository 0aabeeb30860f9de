import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, rmSync, type Stats, statSync } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type BundleFile, type PluginBundle, pluginBundle } from '../../shared/plugin-bundle.ts';
import type { PluginManifest } from '../../shared/plugin-manifest.ts';
import { syncFolder } from '../durable-file.ts';

/**
 * A bundle on disk: `bundle.json`, its canonical text, whose SHA-256 is its name and is signed; and beside it, under `files/`, what the
 * text holds. So the files can be proved against the signature at any time.
 */
export type VerifiedFolder = {
  /** of the files */
  readonly dir: string;
  readonly manifest: PluginManifest;
  /** Cheap: whether no file was touched since they were proved. */
  isUntouched(): boolean;
};

const filesAtOnce = 16;

export const sha256Of = (text: string | Buffer): string => createHash('sha256').update(text).digest('hex');

/** @throws ZodError, SyntaxError */
export const parseBundle = (text: string): PluginBundle => pluginBundle.parse(JSON.parse(text));

/** Unpacks into a folder beside the target, then puts it in place in one step: a crash leaves no half bundle. */
export async function unpackBundle(text: string, folder: string): Promise<void> {
  const fresh = `${folder}.unpacking`;
  await rm(fresh, { recursive: true, force: true });
  try {
    await unpackInto(fresh, parseBundle(text), text);
  } catch (error) {
    // half a bundle would only take room that may be missing
    await rm(fresh, { recursive: true, force: true });
    throw error;
  }
  await rm(folder, { recursive: true, force: true });
  // instant: plugin-swap-half
  await rename(fresh, folder);
  syncFolder(dirname(folder));
}

async function unpackInto(fresh: string, bundle: PluginBundle, text: string): Promise<void> {
  const files = join(fresh, 'files');
  await mkdir(files, { recursive: true, mode: 0o700 });
  await writeSynced(join(fresh, 'bundle.json'), text, 0o600);
  for (let next = 0; next < bundle.files.length; next += filesAtOnce) {
    await Promise.all(bundle.files.slice(next, next + filesAtOnce).map((file) => unpackFile(files, file)));
  }
  for (const inner of [...foldersIn(files), files, fresh]) syncFolder(inner);
}

/**
 * Proves every file of a bundle's folder against its hash; files that do not belong there are removed.
 * @returns undefined if anything was changed
 */
export function verifyFolder(folder: string, sha256: string): VerifiedFolder | undefined {
  const dir = join(folder, 'files');
  try {
    // a link would lead the removal of strange files to another place
    if (![folder, dir].every((each) => lstatSync(each).isDirectory())) return undefined;
    const text = readFileSync(join(folder, 'bundle.json'));
    if (sha256Of(text) !== sha256) return undefined;
    const bundle = parseBundle(text.toString('utf8'));
    const expected = new Map(bundle.files.map((file) => [join(dir, ...file.path.split('/')), file]));
    for (const path of filesIn(dir)) if (!expected.has(path)) rmSync(path, { force: true });
    const marks = new Map<string, string>();
    for (const [path, file] of expected) {
      const mark = markOf(statSync(path));
      if (!readFileSync(path).equals(Buffer.from(file.base64, 'base64'))) return undefined;
      marks.set(path, mark);
    }
    return { dir, manifest: bundle.manifest, isUntouched: () => areUntouched(marks) };
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

async function unpackFile(files: string, { path, executable, base64 }: BundleFile): Promise<void> {
  const file = join(files, ...path.split('/'));
  await mkdir(dirname(file), { recursive: true });
  await writeSynced(file, Buffer.from(base64, 'base64'), executable ? 0o755 : 0o644);
}

async function writeSynced(path: string, content: string | Buffer, mode: number): Promise<void> {
  const file = await open(path, 'wx', mode);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

function areUntouched(marks: ReadonlyMap<string, string>): boolean {
  try {
    for (const [path, mark] of marks) if (markOf(statSync(path)) !== mark) return false;
    return true;
  } catch {
    return false;
  }
}

/** The change time cannot be set by a program, so that whoever changes a file changes this. */
const markOf = ({ ino, size, mtimeMs, ctimeMs }: Stats): string => `${ino} ${size} ${mtimeMs} ${ctimeMs}`;

const isMissing = (error: unknown): boolean =>
  ['ENOENT', 'ENOTDIR', 'EISDIR'].includes((error as NodeJS.ErrnoException).code ?? '');

const filesIn = (dir: string): string[] =>
  readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name));

const foldersIn = (dir: string): string[] =>
  readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name));
