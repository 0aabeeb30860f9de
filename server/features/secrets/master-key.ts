import { join } from 'node:path';
import { MusterError } from '../../../shared/errors.ts';
import type { RandomBytes } from '../../../shared/ids.ts';
import { readPrivateFile, writePrivateFile } from '../auth/private-file.ts';
import { createKeyring, type Keyring } from './keyring.ts';

const keyBytes = 32;

/**
 * The keys of the setting; without it those of `<dataDir>/master.key` (base64, mode 0600), which the first start makes. With the setting, a
 * file that is there still opens what it has sealed, so that the key can move out of the data folder.
 */
export async function loadKeyring({
  dataDir,
  masterKey,
  randomBytes,
}: {
  readonly dataDir: string;
  readonly masterKey?: string | undefined;
  readonly randomBytes: RandomBytes;
}): Promise<Keyring> {
  const path = join(dataDir, 'master.key');
  const text = await readPrivateFile(path);
  const given = masterKey === undefined ? [] : keysIn(masterKey, 'MUSTER_MASTER_KEY');
  const [first, ...others] = [...given, ...(text === undefined ? [] : keysIn(text, path))];
  if (first !== undefined) return createKeyring([first, ...others], randomBytes);
  const made = Buffer.from(randomBytes(keyBytes));
  await writePrivateFile(path, `${made.toString('base64')}\n`, randomBytes);
  return createKeyring([made], randomBytes);
}

/** @throws rather than make another one: what the damaged one has sealed would be gone for good */
function keysIn(text: string, from: string): Buffer[] {
  const words = text.split(/[\s,]+/).filter((word) => word !== '');
  const keys = words.map((word) => Buffer.from(word, /^[0-9a-fA-F]{64}$/.test(word) ? 'hex' : 'base64'));
  if (keys.length > 0 && keys.every((key) => key.length === keyBytes)) return keys;
  throw new MusterError(
    'field_invalid',
    `${from} must hold keys of ${keyBytes} bytes as base64 or hexadecimal digits. If the file is damaged, restore it from a backup: it alone opens the secrets.`,
    { field: 'masterKey' },
  );
}
