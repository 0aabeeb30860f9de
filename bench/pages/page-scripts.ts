import { posix } from 'node:path';
import { gzipSync } from 'node:zlib';

/** Follows the scripts of a page and all that they import, also what they import later: more than that cannot come. */
export async function scriptBytes(html: string, read: (url: string) => Promise<Buffer>): Promise<number> {
  const seen = new Set<string>();
  const queue = [...html.matchAll(/<script[^>]* src="([^"]+)"/g)].map(([, url]) => url as string);
  let bytes = 0;
  for (let url = queue.shift(); url !== undefined; url = queue.shift()) {
    if (seen.has(url)) continue;
    seen.add(url);
    const source = await read(url);
    bytes += gzipSync(source).length;
    const from = posix.dirname(url);
    for (const [, name] of source.toString('utf8').matchAll(/\bimport\b[^'"\n]*['"](\.[^'"]+)['"]/g))
      queue.push(posix.join(from, name as string));
  }
  return bytes;
}
