import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { type ArtifactPiece, artifactChunkBytes, artifactProgress } from '../../shared/api/artifacts.ts';
import type { AttemptKey } from '../attempt-key.ts';
import { serverRequest } from '../link/server-request.ts';
import type { DownloadAccess } from '../plugins/bundle-download.ts';
import type { ArtifactFile } from './artifact-files.ts';

/** The server answered that it does not want it, now or ever. */
export class ArtifactRefused extends Error {}

const mostBeginnings = 3;
const statusesToRetry: ReadonlySet<number> = new Set([401, 403, 408, 429]);

/**
 * Sends a file piece by piece; what the server has of it already is not sent again. One that cannot be read as it was is told to the server,
 * so that the list says why it is missing: it must not hold up the others for ever.
 * @throws ArtifactRefused when another try makes no sense; any other error when it does
 */
export async function uploadArtifact(access: DownloadAccess, key: AttemptKey, { path, name }: ArtifactFile): Promise<void> {
  try {
    await sendFile(access, key, path, name);
  } catch (error) {
    const unreadable = reasonOf(error);
    if (unreadable === undefined) throw error;
    await send(access, { ...key, name, bytes: 0, sha256: '0'.repeat(64), offset: 0, base64: '', unreadable });
    throw new ArtifactRefused(unreadable, { cause: error });
  }
}

class ArtifactUnreadable extends Error {}

async function sendFile(access: DownloadAccess, { execution, attempt }: AttemptKey, path: string, name: string): Promise<void> {
  // a link could lead anywhere
  const file = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
  try {
    const { size: bytes } = await file.stat();
    const whole = { execution, attempt, name, bytes, sha256: await hashOf(file) };
    let beginnings = 0;
    for (let offset = 0; ; ) {
      if (offset === 0 && ++beginnings > mostBeginnings) throw new ArtifactUnreadable('it was changed while it was sent');
      const piece = Buffer.alloc(Math.min(artifactChunkBytes, Math.max(0, bytes - offset)));
      const { bytesRead } = await file.read(piece, 0, piece.length, offset);
      if (bytesRead < piece.length) throw new ArtifactUnreadable('it became shorter while it was sent');
      const answer = await send(access, { ...whole, offset, base64: piece.toString('base64') });
      if (answer.refused !== null) throw new ArtifactRefused(answer.refused);
      if (answer.done) return;
      offset = answer.next;
    }
  } finally {
    await file.close();
  }
}

/** Why a file will never be read; undefined for an error that may pass. */
function reasonOf(error: unknown): string | undefined {
  if (error instanceof ArtifactUnreadable) return error.message;
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (syscall !== 'open' && syscall !== 'read') return undefined;
  if (code === 'ENOENT') return 'it was gone when it was to be sent';
  if (code === 'EMFILE' || code === 'ENFILE' || code === 'ENOMEM') return undefined;
  return `the agent cannot read it (${code})`;
}

async function send({ serverUrl, token, proxy }: DownloadAccess, piece: ArtifactPiece) {
  const { status, body } = await serverRequest(serverUrl, '/agent/v1/artifacts', {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(piece),
    maxBytes: 64 * 1024,
    timeoutMs: 60_000,
    proxy,
  });
  if (status === 200) return artifactProgress.parse(JSON.parse(body.toString()));
  const problem = `the server answered with status ${status}`;
  if (status >= 400 && status < 500 && !statusesToRetry.has(status)) throw new ArtifactRefused(problem);
  throw new Error(problem);
}

async function hashOf(file: FileHandle): Promise<string> {
  const hash = createHash('sha256');
  const part = Buffer.alloc(artifactChunkBytes);
  for (let at = 0; ; ) {
    const { bytesRead } = await file.read(part, 0, part.length, at);
    if (bytesRead === 0) return hash.digest('hex');
    hash.update(part.subarray(0, bytesRead));
    at += bytesRead;
  }
}
