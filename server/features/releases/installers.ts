import { readFile } from 'node:fs/promises';

/** What an installer has to know of the server that hands it out. */
export type InstallerFacts = {
  /** as hosts reach the server */
  readonly serverUrl: string;
  /** of the server's key */
  readonly fingerprint: string;
};

export type InstallerKind = 'sh' | 'ps1';

/** The installer as text, with the facts filled in, each as one literal of its language. */
export async function installerOf(kind: InstallerKind, { serverUrl, fingerprint }: InstallerFacts): Promise<string> {
  const template = await readFile(new URL(`./installers/install.${kind}`, import.meta.url), 'utf8');
  const quote = kind === 'sh' ? shellLiteral : powershellLiteral;
  // in one pass: what is filled in is not looked at again
  return template.replace(/'@(SERVER_URL|FINGERPRINT)@'/g, (_, name) =>
    quote(name === 'SERVER_URL' ? plainUrl(serverUrl) : fingerprint),
  );
}

/** As the URL standard writes it: no space, no control character, nothing but ASCII. */
const plainUrl = (url: string): string => new URL(url).href.replace(/\/+$/, '');

const shellLiteral = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** PowerShell takes typographic quotes for its own, too. */
const powershellLiteral = (text: string): string => `'${text.replace(/['\u2018-\u201b]/g, '$&$&')}'`;
