/** How much work a password costs to try. Kept in each hash, so that raising it harms no hash that exists. */
export type ScryptParameters = { readonly cost: number; readonly blockSize: number; readonly parallelization: number };

/** 32 MiB and about a tenth of a second for each try. */
export const currentParameters: ScryptParameters = { cost: 2 ** 15, blockSize: 8, parallelization: 1 };

export type PasswordHash = { readonly parameters: ScryptParameters; readonly salt: Uint8Array; readonly hash: Uint8Array };

const form = /^scrypt\$(\d{1,10})\$(\d{1,4})\$(\d{1,4})\$([A-Za-z0-9+/]+={0,2})\$([A-Za-z0-9+/]+={0,2})$/;

/** `scrypt$N$r$p$salt$hash`, base64. */
export const formatPasswordHash = ({ parameters: { cost, blockSize, parallelization }, salt, hash }: PasswordHash): string =>
  `scrypt$${cost}$${blockSize}$${parallelization}$${base64(salt)}$${base64(hash)}`;

/** undefined for what is not a hash of this form. */
export function parsePasswordHash(text: string): PasswordHash | undefined {
  const match = form.exec(text);
  if (match === null) return undefined;
  const [, cost = '', blockSize = '', parallelization = '', salt = '', hash = ''] = match;
  return {
    parameters: { cost: Number(cost), blockSize: Number(blockSize), parallelization: Number(parallelization) },
    salt: Buffer.from(salt, 'base64'),
    hash: Buffer.from(hash, 'base64'),
  };
}

export const sameParameters = (a: ScryptParameters, b: ScryptParameters): boolean =>
  a.cost === b.cost && a.blockSize === b.blockSize && a.parallelization === b.parallelization;

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
