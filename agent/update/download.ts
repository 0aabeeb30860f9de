import { createWriteStream, rmSync, statSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Clock } from '../clock.ts';
import { isDiskFull } from '../disk.ts';
import { pause } from '../execution/pause.ts';
import { sha256OfFile } from './file-sha256.ts';

export type Wanted = { readonly name: string; readonly bytes: number; readonly sha256: string };

export type DownloadResources = {
  /** Asks the server; settles when its answer begins. */
  readonly ask: (path: string, headers: Readonly<Record<string, string>>, signal: AbortSignal) => Promise<IncomingMessage>;
  readonly signal: AbortSignal;
  readonly onProgress: (bytes: number) => void;
  readonly clock: Clock;
  readonly random: () => number;
};

/** in a row, without a byte that came through */
const mostFailures = 10;
/** what was altered once may have been a bad line; what is altered twice is not to be had */
const mostAltered = 2;
const longestMs = 6 * 3_600_000;
const firstPauseMs = 1000;
const longestPauseMs = 60_000;

/**
 * Brings a file of the release to `path`, proved by its length and hash. It goes on from what is there, also from a download before this one, and
 * tries again with pauses that grow and differ from host to host.
 * @throws Error with a sentence; what is there stays, unless it was altered or the disk is full
 */
export async function download(wanted: Wanted, path: string, resources: DownloadResources): Promise<void> {
  const { clock, random, signal } = resources;
  const beganAt = clock.monotonic();
  let failures = 0;
  let altered = 0;
  for (;;) {
    const before = sizeOf(path);
    let waitMs = 0;
    try {
      if (before < wanted.bytes) await receive(wanted, path, before, resources);
      if ((await sha256OfFile(path, signal)) === wanted.sha256 && sizeOf(path) === wanted.bytes) return;
      rmSync(path, { force: true });
      altered += 1;
      if (altered >= mostAltered) throw new Error('What was downloaded is not what the release says: it has another checksum.');
    } catch (error) {
      if (signal.aborted || altered >= mostAltered) throw error;
      if (isDiskFull(error)) {
        rmSync(path, { force: true });
        throw new Error('The disk ran full during the download.', { cause: error });
      }
      failures = sizeOf(path) > before ? 1 : failures + 1;
      if (failures >= mostFailures || clock.monotonic() - beganAt >= longestMs)
        throw new Error(`The new executable could not be downloaded: ${(error as Error).message}.`, { cause: error });
      const bound = Math.min(longestPauseMs, firstPauseMs * 2 ** failures);
      waitMs = (error instanceof BusyServer ? error.waitMs : 0) + random() * bound;
    }
    await pause(clock, waitMs, signal);
    signal.throwIfAborted();
  }
}

/** It asks to be left alone for a while. */
class BusyServer extends Error {
  readonly waitMs: number;
  constructor(waitMs: number) {
    super('the server hands out as many downloads as it can');
    this.waitMs = waitMs;
  }
}

async function receive({ name, bytes, sha256 }: Wanted, path: string, from: number, resources: DownloadResources): Promise<void> {
  const { ask, signal, onProgress } = resources;
  const headers: Record<string, string> = from === 0 ? {} : { range: `bytes=${from}-`, 'if-range': `"${sha256}"` };
  const answer = await ask(`/downloads/${name}`, headers, signal);
  const isPart = answer.statusCode === 206 && answer.headers['content-range'] === `bytes ${from}-${bytes - 1}/${bytes}`;
  if (!isPart && answer.statusCode !== 200) {
    answer.destroy();
    if (answer.statusCode === 429) throw new BusyServer(Math.min(60, Number(answer.headers['retry-after'] ?? 5) || 5) * 1000);
    throw new Error(`the server answered with status ${answer.statusCode}`);
  }
  let size = isPart ? from : 0;
  const counted = new Transform({
    transform(piece: Buffer, _, next) {
      size += piece.length;
      if (size > bytes) return next(new Error(`the server sent more than the ${bytes} bytes of ${name}`));
      onProgress(size);
      next(null, piece);
    },
  });
  await pipeline(answer, counted, createWriteStream(path, { flags: isPart ? 'a' : 'w', mode: 0o600 }), { signal });
  if (size < bytes) throw new Error(`the line was cut after ${size} of ${bytes} bytes`);
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
