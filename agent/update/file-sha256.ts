import { createHash } from 'node:crypto';
import { createReadStream, readFileSync, statSync } from 'node:fs';
import * as z from 'zod';
import { sha256 } from '../../shared/names.ts';
import { writeDurably } from '../durable-file.ts';

/** Reads the file in pieces: other work goes on meanwhile. */
export async function sha256OfFile(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path, { highWaterMark: 256 * 1024, ...(signal && { signal }) })) hash.update(piece);
  return hash.digest('hex');
}

const remembered = z.object({ mark: z.string(), sha256 });

/** The same for a file of 100 MB that hardly ever changes: it is read once, and remembered in `memory` for as long as it is the same file. */
export async function rememberedSha256(path: string, memory: string): Promise<string> {
  const mark = markOf(path);
  const known = read(memory);
  if (known?.mark === mark) return known.sha256;
  const found = await sha256OfFile(path);
  try {
    writeDurably(memory, `${JSON.stringify({ mark, sha256: found })}\n`);
  } catch {
    // then it is read again at the next start
  }
  return found;
}

function markOf(path: string): string {
  const { size, mtimeMs, ino } = statSync(path);
  return `${path} ${size} ${mtimeMs} ${ino}`;
}

function read(memory: string): z.infer<typeof remembered> | undefined {
  try {
    return remembered.parse(JSON.parse(readFileSync(memory, 'utf8')));
  } catch {
    return undefined;
  }
}
