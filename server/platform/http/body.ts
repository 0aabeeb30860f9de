import type { IncomingMessage } from 'node:http';
import { MusterError } from '../../../shared/errors.ts';

export const defaultBodyLimit = 1_048_576;

/** Reads a body of at most `limit` bytes. What comes past the limit is read and thrown away, so that the client gets to see the answer. */
export function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    if (Number(request.headers['content-length'] ?? 0) > limit) {
      reject(tooLarge(limit));
      return;
    }
    const chunks: Buffer[] = [];
    let size = 0;
    const onData = (chunk: Buffer): void => {
      size += chunk.length;
      if (size <= limit) {
        chunks.push(chunk);
        return;
      }
      release();
      request.resume();
      reject(tooLarge(limit));
    };
    const onEnd = (): void => {
      release();
      resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, size));
    };
    const onClose = (): void => {
      release();
      reject(new MusterError('body_malformed', 'The connection was closed before the body was complete.'));
    };
    const release = (): void => {
      request.off('data', onData).off('end', onEnd).off('error', onClose).off('close', onClose);
      // an error that comes later has no listener any more and must not end the process
      request.on('error', () => {});
    };
    request.on('data', onData).on('end', onEnd).on('error', onClose).on('close', onClose);
  });
}

/** True when the headers announce a body; HTTP/1.1 has no other way to send one. */
export const hasBody = (request: IncomingMessage): boolean =>
  request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0;

/** Throws unless the body is of the wanted media type, in UTF-8 and not compressed. */
export function checkMediaType(request: IncomingMessage, accepted: RegExp, wanted: string): void {
  const { 'content-type': type, 'content-encoding': encoding } = request.headers;
  if (encoding !== undefined && encoding !== 'identity') {
    throw new MusterError('body_media_type', `The body is encoded as ${encoding}; send it plain.`);
  }
  if (type === undefined || !accepted.test(type)) {
    throw new MusterError('body_media_type', `The Content-Type is ${type ?? 'missing'}; send ${wanted}.`);
  }
  const charset = /;\s*charset\s*=\s*"?([^\s";]+)/i.exec(type)?.[1];
  if (charset !== undefined && !/^utf-?8$/i.test(charset)) {
    throw new MusterError('body_media_type', `The charset is ${charset}; send UTF-8.`);
  }
}

const tooLarge = (limit: number): MusterError =>
  new MusterError('body_too_large', `The body is larger than ${limit} bytes, the most that is taken here.`);
