import { readdir, readFile } from 'node:fs/promises';

/** What an installer has to know of the server that hands it out. */
export type InstallerFacts = {
  /** as hosts reach the server */
  readonly serverUrl: string;
  /** of the server's key */
  readonly fingerprint: string;
};

export const installerKinds = { sh: 'posix', ps1: 'powershell' } as const;
export type InstallerKind = keyof typeof installerKinds;

/** The installer as text, with the facts filled in, each as one literal of its language. */
export async function installerOf(kind: InstallerKind, { serverUrl, fingerprint }: InstallerFacts): Promise<string> {
  const quote = kind === 'sh' ? shellLiteral : powershellLiteral;
  // in one pass: what is filled in is not looked at again
  return (await installerTemplate(kind)).replace(/'@(SERVER_URL|FINGERPRINT)@'/g, (_, name) =>
    quote(name === 'SERVER_URL' ? plainUrl(serverUrl) : fingerprint),
  );
}

/** It arrives as one file, and is kept in parts, in the order of their names. */
export async function installerTemplate(kind: InstallerKind): Promise<string> {
  const folder = new URL(`./installers/${installerKinds[kind]}/`, import.meta.url);
  const names = (await readdir(folder)).filter((name) => name.endsWith(`.${kind}`)).sort();
  return (await Promise.all(names.map((name) => readFile(new URL(name, folder), 'utf8')))).join('');
}

/** As the URL standard writes it: no space, no control character, nothing but ASCII. */
const plainUrl = (url: string): string => new URL(url).href.replace(/\/+$/, '');

const shellLiteral = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** PowerShell takes typographic quotes for its own, too. */
export const powershellLiteral = (text: string): string => `'${text.replace(/['\u2018-\u201b]/g, '$&$&')}'`;
