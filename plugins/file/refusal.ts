import { isAbsolute, resolve } from 'node:path';

/** Says what an operator can do about an error of the file system; every action does its work inside of this. */
export async function withSentence<Value>(path: string, what: string, work: () => Promise<Value>): Promise<Value> {
  try {
    return await work();
  } catch (error) {
    const meaning = meanings[(error as NodeJS.ErrnoException).code ?? ''];
    if (meaning === undefined) throw error;
    throw new Error(`Could not ${what} ${path}: ${meaning}.`, { cause: error });
  }
}

/** The argument `name` as a full path: a plugin has no folder of its own that a relative one could start from. */
export function fullPath(path: string, name = 'path'): string {
  if (path.includes('\0')) throw new Error(`The path in \`${name}\` holds a NUL.`);
  if (!isAbsolute(path)) throw new Error(`Give a full path in \`${name}\`: ${path} is a relative one.`);
  return resolve(path);
}

const meanings: Readonly<Record<string, string>> = {
  ENOENT: 'it is not there, or a folder on the way to it is not (`createParents` makes those)',
  EACCES: `the agent's user (${process.geteuid === undefined ? 'of its service' : `uid ${process.geteuid()}`}) has no permission to`,
  EPERM: 'only its owner or root may do that, or the file is marked as immutable',
  EROFS: 'the file system is mounted read-only',
  ENOSPC: 'no space is left on its disk; nothing was changed',
  EDQUOT: 'the disk quota is used up; nothing was changed',
  EFBIG: 'it would be larger than a file may be here',
  EISDIR: 'it is a folder',
  ENOTDIR: 'something on the way to it is a file, not a folder',
  ENOTEMPTY: 'the folder is not empty (`recursive` removes what is in it)',
  EEXIST: 'something is there already',
  ENAMETOOLONG: 'the name is too long',
  ELOOP: 'its symbolic links lead in a circle',
  EBUSY: 'it is in use (a mount point, or open in another program)',
  ETXTBSY: 'the program is running',
  EMFILE: 'the agent has too many files open',
};
