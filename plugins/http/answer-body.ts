import { randomBytes } from 'node:crypto';
import { open, rename, unlink } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { basename, dirname, isAbsolute, join } from 'node:path';

/** @throws Error with a sentence if it is larger */
export async function readBody(stream: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of limited(stream, maxBytes)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** The beginning of it: enough to tell why something was refused. */
export async function readStart(stream: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    chunks.push(chunk as Buffer);
    bytes += (chunk as Buffer).length;
    if (bytes >= maxBytes) break;
  }
  return Buffer.concat(chunks).subarray(0, maxBytes);
}

/** Whole or not at all: beside it first, then in its place. @returns bytes */
export async function saveBody(stream: IncomingMessage, path: string, maxBytes: number): Promise<number> {
  if (!isAbsolute(path)) throw new Error('Give a full path in `saveTo`.');
  const fresh = join(dirname(path), `.${basename(path).slice(0, 200)}.${randomBytes(6).toString('hex')}.muster`);
  const file = await open(fresh, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    throw new Error(
      `${path} (\`saveTo\`) could not be written: ${error.code === 'ENOENT' ? 'its folder is not there' : error.message}.`,
    );
  });
  try {
    let bytes = 0;
    try {
      for await (const chunk of limited(stream, maxBytes)) {
        await file.appendFile(chunk);
        bytes += chunk.length;
      }
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(fresh, path);
    return bytes;
  } catch (error) {
    await unlink(fresh).catch(() => {}); // what went wrong is the news
    throw error;
  }
}

async function* limited(stream: IncomingMessage, maxBytes: number): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += (chunk as Buffer).length;
    if (bytes > maxBytes) throw new Error(`The answer is larger than ${maxBytes} bytes (\`maxBytes\`).`);
    yield chunk as Buffer;
  }
}
