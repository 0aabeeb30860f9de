/** What names an attempt everywhere. */
export type AttemptKey = { readonly execution: string; readonly attempt: number };

export const keyOf = ({ execution, attempt }: AttemptKey): string => `${execution}/${attempt}`;

/** Ids are plain, but they come from outside: what names a file must not be a path. */
export const fileNameOf = ({ execution, attempt }: AttemptKey): string =>
  `${execution.replace(/[^A-Za-z0-9_-]/g, (char) => `=${char.codePointAt(0)?.toString(16)}=`)}.${attempt}`;

/** The other way round; undefined for a name that is none of these. */
export function keyOfFileName(name: string): AttemptKey | undefined {
  const [, execution, attempt] = /^([A-Za-z0-9_=-]+)\.([1-9]\d*)$/.exec(name) ?? [];
  if (execution === undefined) return undefined;
  const decoded = execution.replace(/=([0-9a-f]+)=/g, (_, hex: string) => String.fromCodePoint(Number.parseInt(hex, 16)));
  return { execution: decoded, attempt: Number(attempt) };
}
