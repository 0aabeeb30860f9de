import { createHash, type Hash, hash } from 'node:crypto';
import { type DigestedStream, digestLines } from '../../shared/output-digest.ts';

/** The digest of an output while it comes, see `shared/output-digest.ts`. Text is taken as it is sent: masked and clean. */
export type OutputDigest = {
  add(stream: DigestedStream, bytes: Uint8Array): void;
  /** May be asked more than once. */
  value(): string;
};

export function createOutputDigest(): OutputDigest {
  const hashes = new Map<DigestedStream, Hash>();
  return {
    add(stream, bytes) {
      let known = hashes.get(stream);
      if (known === undefined) {
        known = createHash('sha256');
        hashes.set(stream, known);
      }
      known.update(bytes);
    },
    value: () => hash('sha256', digestLines(new Map([...hashes].map(([stream, one]) => [stream, one.copy().digest('hex')])))),
  };
}
