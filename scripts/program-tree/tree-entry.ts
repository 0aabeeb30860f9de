/** A file of the program as it is to lie somewhere else: in an archive, or in the folder of a service. */
export type TreeEntry =
  | { readonly kind: 'file'; readonly path: string; readonly isExecutable: boolean; readonly content: TreeContent }
  /** of a system that has links */
  | { readonly kind: 'link'; readonly path: string; readonly target: string };

/** a file on this disk, or what is made for the place */
export type TreeContent = { readonly file: string } | { readonly text: string };

export const textEntry = (path: string, text: string, isExecutable = false): TreeEntry => ({
  kind: 'file',
  path,
  isExecutable,
  content: { text },
});

export const fileEntry = (path: string, file: string, isExecutable = false): TreeEntry => ({
  kind: 'file',
  path,
  isExecutable,
  content: { file },
});

/** By the bytes of their paths, so that the order is the same on every machine. */
export const inOrder = (entries: readonly TreeEntry[]): TreeEntry[] =>
  [...entries].sort((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));
