import { createHash } from 'node:crypto';
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
 * Sends a file piece by piece; what the server has of it already is not sent again.
 * @throws ArtifactRefused when another try makes no sense; any other error when it does
 */
export async function uploadArtifact(access: DownloadAccess, key: AttemptKey, { path, name }: ArtifactFile): Promise<void> {
  const file = await open(path, 'r');
  try {
    const { size: bytes } = await file.stat();
    const whole = { execution: key.execution, attempt: key.attempt, name, bytes, sha256: await hashOf(file) };
    let beginnings = 0;
    for (let offset = 0; ; ) {
      if (offset === 0 && ++beginnings > mostBeginnings) throw new ArtifactRefused('it does not arrive as it is');
      const piece = Buffer.alloc(Math.min(artifactChunkBytes, Math.max(0, bytes - offset)));
      const { bytesRead } = await file.read(piece, 0, piece.length, offset);
      const base64 = piece.subarray(0, bytesRead).toString('base64');
      const answer = await send(access, { ...whole, offset, base64 });
      if (answer.refused !== null) throw new ArtifactRefused(answer.refused);
      if (answer.done) return;
      offset = answer.next;
    }
  } finally {
    await file.close();
  }
}

async function send({ serverUrl, token }: DownloadAccess, piece: ArtifactPiece) {
  const { status, body } = await serverRequest(serverUrl, '/agent/v1/artifacts', {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(piece),
    maxBytes: 64 * 1024,
    timeoutMs: 60_000,
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
