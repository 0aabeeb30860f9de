/** What names an attempt everywhere. */
export type AttemptKey = { readonly execution: string; readonly attempt: number };

export const keyOf = ({ execution, attempt }: AttemptKey): string => `${execution}/${attempt}`;

/** Ids are plain, but they come from outside: what names a file must not be a path. */
export const fileNameOf = ({ execution, attempt }: AttemptKey): string =>
  `${execution.replace(/[^A-Za-z0-9_-]/g, (char) => `=${char.codePointAt(0)?.toString(16)}=`)}.${attempt}`;
