import type { Artifact, ArtifactPiece, ArtifactProgress } from '../../../shared/api/artifacts.ts';
import { maxArtifactsPerExecution } from '../../../shared/api/artifacts.ts';
import { toInstant } from '../../../shared/api/listing.ts';
import { MusterError } from '../../../shared/errors.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../schema/schema.ts';
import type { ArtifactsTable } from '../../schema/tables/artifacts.tables.ts';
import {
  findArtifact,
  isAttemptOf,
  isContentUsed,
  listArtifacts,
  putArtifact,
  sizeOfAll,
  sizeOfExecution,
} from './artifacts.store.ts';
import type { ContentFolder } from './content-folder.ts';

/** Files that the work of an execution leaves: taken from its agent piece by piece, kept as long as the run. */
export type ArtifactsService = {
  list(executionId: string): Promise<Artifact[]>;
  read(executionId: string, name: string): Promise<{ artifact: Artifact; content: AsyncIterable<Uint8Array> }>;
  /** @param authorization of the agent, with the token of its connection */
  take(authorization: string | undefined, piece: ArtifactPiece): Promise<ArtifactProgress>;
  /** Bytes of all that is kept; counted at the first call after a start and after each housekeeping, and known then. */
  total(): Promise<number>;
  /** Removes content that belongs to no execution any more. @returns how many files */
  prune(signal: AbortSignal): Promise<number>;
};

export type ArtifactsResources = {
  readonly db: Database;
  readonly clock: Clock;
  readonly content: ContentFolder;
  readonly limits: ArtifactLimits;
  readonly agentOfDownloadToken: (token: string) => string | undefined;
};

export type ArtifactLimits = {
  readonly artifactBytes: number;
  readonly artifactsPerExecutionBytes: number;
  readonly artifactsTotalBytes: number;
};

type Refusal = { readonly text: string; readonly isListed: boolean };

/** Content without a row is left alone for so long: its row may be on its way, or its agent away. */
const unusedForMs = 86_400_000;

export function createArtifacts({ db, clock, content, limits, agentOfDownloadToken }: ArtifactsResources): ArtifactsService {
  /** of all artifacts; counted anew in housekeeping, since rows go with their runs */
  let total: number | undefined;

  async function refusalOf(piece: ArtifactPiece, incoming: string): Promise<Refusal | null> {
    const { execution, name, bytes, unreadable } = piece;
    const { artifactBytes, artifactsPerExecutionBytes, artifactsTotalBytes } = limits;
    const kept = await sizeOfExecution(db.read, execution, name);
    // the first that is too many is listed and speaks for those after it
    if (kept.listed >= maxArtifactsPerExecution)
      return {
        text: `An execution lists ${maxArtifactsPerExecution} artifacts at most: this one and those after it were not kept.`,
        isListed: kept.listed === maxArtifactsPerExecution,
      };
    const why = async (): Promise<string | null> => {
      if (unreadable !== undefined) return `Its host could not send it: ${unreadable}.`;
      if (bytes > artifactBytes) return `It has ${bytes} bytes; ${artifactBytes} are allowed (MUSTER_ARTIFACT_BYTES).`;
      if (kept.bytes + bytes > artifactsPerExecutionBytes)
        return `The artifacts of one execution may have ${artifactsPerExecutionBytes} bytes (MUSTER_ARTIFACTS_PER_EXECUTION_BYTES).`;
      total ??= await sizeOfAll(db.read);
      // what never becomes whole takes room too
      if (total + (await content.incomingBytes(incoming)) + bytes > artifactsTotalBytes)
        return `All artifacts together may have ${artifactsTotalBytes} bytes (MUSTER_ARTIFACTS_TOTAL_BYTES), and that is reached.`;
      return null;
    };
    const text = await why();
    return text === null ? null : { text, isListed: true };
  }

  async function note({ execution, name, attempt, bytes, sha256 }: ArtifactPiece, refused: string | null): Promise<void> {
    const row = { execution_id: execution, name, attempt, bytes, sha256, stored_at: clock.now(), refused };
    await db.write((writer) => putArtifact(writer, row));
  }

  return {
    list: async (executionId) => (await listArtifacts(db.read, executionId)).map(artifactOf),

    async read(executionId, name) {
      const row = await findArtifact(db.read, executionId, name);
      if (row === undefined) throw new MusterError('not_found', `The execution ${executionId} has no artifact ${name}.`);
      if (row.refused !== null) throw new MusterError('not_found', `This artifact was not kept. ${row.refused}`);
      return { artifact: artifactOf(row), content: await content.read(row.sha256) };
    },

    async take(authorization, piece) {
      const token = /^Bearer (\S+)$/i.exec(authorization ?? '')?.[1] ?? '';
      const agentId = agentOfDownloadToken(token);
      if (agentId === undefined) throw new MusterError('unauthenticated', 'Send the token of an open connection of an agent.');
      const { execution, attempt, name, bytes, sha256, offset } = piece;
      if (!(await isAttemptOf(db.read, execution, attempt, agentId)))
        throw new MusterError('not_found', 'This agent has no such attempt.');
      const known = await findArtifact(db.read, execution, name);
      // the answer to the last piece was lost
      if (known?.attempt === attempt && known.sha256 === sha256) return { next: bytes, done: true, refused: known.refused };
      const incoming = `${execution} ${attempt} ${sha256} ${name}`;
      const refused = await refusalOf(piece, incoming);
      if (refused !== null) {
        if (refused.isListed) await note(piece, refused.text);
        return { next: bytes, done: true, refused: refused.text };
      }
      const next = await content.append(incoming, offset, Buffer.from(piece.base64, 'base64'));
      if (next < bytes) return { next, done: false, refused: null };
      if (!(await content.finish(incoming, sha256))) return { next: 0, done: false, refused: null };
      await note(piece, null);
      if (total !== undefined) total += bytes;
      return { next: bytes, done: true, refused: null };
    },

    async total() {
      total ??= await sizeOfAll(db.read);
      return total;
    },

    async prune(signal) {
      total = undefined;
      return content.prune((sha256) => isContentUsed(db.read, sha256), clock.now() - unusedForMs, signal);
    },
  };
}

const artifactOf = (row: ArtifactsTable): Artifact => ({
  name: row.name,
  attempt: row.attempt,
  bytes: row.bytes,
  sha256: row.sha256,
  storedAt: toInstant(row.stored_at),
  refused: row.refused,
});
