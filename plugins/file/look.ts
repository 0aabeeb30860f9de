import type { Stats } from 'node:fs';
import { open, readlink } from 'node:fs/promises';
import type { PluginResult } from '../../shared/plugin-api.ts';
import { hashFile } from './hash-file.ts';
import { modeText } from './ownership.ts';
import { fullPath, withSentence } from './refusal.ts';
import { findExisting, statsOf } from './target.ts';

/** That nothing is there is an answer, not a failure. */
export function lookAt(given: string): Promise<PluginResult> {
  const path = fullPath(given);
  return withSentence(path, 'look at', async () => {
    const stats = await statsOf(path);
    if (stats === undefined) return { status: 'success', message: `${path} is not there.`, data: { exists: false, path } };
    const type = typeOf(stats);
    const data = {
      exists: true,
      path,
      type,
      bytes: stats.size,
      mode: modeText(stats.mode),
      uid: stats.uid,
      gid: stats.gid,
      modifiedAt: stats.mtime.toISOString(),
      ...(type === 'link' ? { target: await readlink(path) } : {}),
    };
    return { status: 'success', message: `${path}: ${type}, ${stats.size} bytes, mode ${data.mode}.`, data };
  });
}

export type ReadArgs = {
  readonly path: string;
  readonly encoding?: 'text' | 'base64';
  readonly maxBytes?: number;
  readonly from?: 'start' | 'end';
};

const defaultReadBytes = 64 * 1024;

export function readPart({
  path: given,
  encoding = 'text',
  maxBytes = defaultReadBytes,
  from = 'start',
}: ReadArgs): Promise<PluginResult> {
  return withSentence(given, 'read', async () => {
    const { path, stats } = await findExisting({ path: given, followLinks: true });
    const { bytes, cut } = await readBytes(path, maxBytes, from);
    const content = encoding === 'base64' ? bytes.toString('base64') : textOf(bytes, path, cut);
    const message = `${path}: ${cut ? `${bytes.length} of its ${stats.size}` : bytes.length} bytes.`;
    return { status: 'success', message, data: { path, bytes: stats.size, cut, encoding, content } };
  });
}

export type ChecksumArgs = { readonly path: string; readonly algorithm?: string; readonly expect?: string };

export function checksumOf({ path: given, algorithm = 'sha256', expect }: ChecksumArgs): Promise<PluginResult> {
  return withSentence(given, 'read', async () => {
    const { path, stats } = await findExisting({ path: given, followLinks: true });
    const checksum = await hashFile(path, algorithm);
    const data = { path, algorithm, checksum, bytes: stats.size };
    if (expect === undefined) return { status: 'success', message: `${algorithm} of ${path}: ${checksum}.`, data };
    if (expect.toLowerCase() === checksum) return { status: 'success', message: `${path} has the expected ${algorithm}.`, data };
    return { status: 'failed', message: `${path} has another ${algorithm} than \`expect\`: ${checksum}.`, data };
  });
}

/** Reads on until there is no more: files of /proc say that they are empty. */
async function readBytes(path: string, maxBytes: number, from: 'start' | 'end'): Promise<{ bytes: Buffer; cut: boolean }> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const start = from === 'end' ? Math.max(0, size - maxBytes) : 0;
    const buffer = Buffer.alloc(maxBytes + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length < buffer.length; length += read) {
      read = (await file.read(buffer, length, buffer.length - length, start + length)).bytesRead;
    }
    return { bytes: buffer.subarray(0, Math.min(length, maxBytes)), cut: start > 0 || length > maxBytes };
  } finally {
    await file.close();
  }
}

/** A code point that was cut at either end of a part is left out; anything else that is not UTF-8 is told. */
function textOf(bytes: Buffer, path: string, cut: boolean): string {
  const text = bytes.toString('utf8');
  const whole = cut ? text.replace(/^\ufffd{1,3}|\ufffd{1,3}$/g, '') : text;
  if (whole.includes('\ufffd') || whole.includes('\0'))
    throw new Error(`${path} is not text in UTF-8: set \`encoding\` to base64.`);
  return whole;
}

function typeOf(stats: Stats): string {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'folder';
  if (stats.isSymbolicLink()) return 'link';
  return stats.isFIFO() ? 'pipe' : stats.isSocket() ? 'socket' : 'device';
}
