import { createHash } from 'node:crypto';
import { MusterError } from '../../../shared/errors.ts';
import type { RandomBytes } from '../../../shared/ids.ts';
import { canonicalJson, type Json } from '../../../shared/json.ts';
import type { Database, Writer } from '../../schema/schema.ts';
import type { Clock } from '../clock.ts';
import { answerText } from './answer-text.ts';
import type { RouteAnswer, RouteRequest } from './route.ts';
import { openAnswer, type SealedAnswer, sealAnswer } from './sealed-answer.ts';

/**
 * The same POST sent twice with one `Idempotency-Key` happens once: the second gets the stored answer of the first.
 *
 *   unknown ──> in flight ──> recorded ──(24 h)──> pruned
 *
 * A key that is in flight in this process makes the duplicate wait; what comes after finds the row. Across processes the primary key of
 * the row decides: the slower of two transactions finds it taken, rolls back all that it did, and answers with what the other recorded.
 * An answer is kept sealed with the key itself, which the table does not hold: a stolen database tells no token that was shown once.
 */
export type Idempotency = {
  once(request: OnceRequest, handle: (recorder: Recorder) => Promise<RouteAnswer>): Promise<OnceAnswer>;
  /** Forgets answers older than 24 h, in small units with a pause after each; @returns how many. To be called now and then. */
  prune(pause?: () => Promise<void>): Promise<number>;
};

export type OnceRequest = {
  readonly actor: string;
  readonly key: string;
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
};
export type Recorder = NonNullable<RouteRequest<unknown, unknown, unknown>['idempotency']>;
/** `text`: of the body, when it was made already */
export type OnceAnswer = { readonly answer: RouteAnswer; readonly text?: string | undefined; readonly replayed: boolean };

export type IdempotencyResources = { readonly db: Database; readonly clock: Clock; readonly randomBytes: RandomBytes };

export const keptMs = 24 * 3_600_000;

export function createIdempotency({ db, clock, randomBytes }: IdempotencyResources): Idempotency {
  const inFlight = new Map<string, { readonly hash: string; readonly done: Promise<void> }>();

  async function recorded(id: string, request: OnceRequest, hash: string): Promise<OnceAnswer | undefined> {
    const row = await db.read.selectFrom('idempotency').selectAll().where('id', '=', id).executeTakeFirst();
    if (row === undefined) return undefined;
    if (row.request_hash !== hash) throw conflict();
    const { headers, text } = openAnswer(row.body as SealedAnswer, secretOf(request));
    return { answer: { status: row.status, headers }, text: text ?? undefined, replayed: true };
  }

  async function first(
    id: string,
    request: OnceRequest,
    hash: string,
    handle: (recorder: Recorder) => Promise<RouteAnswer>,
  ): Promise<OnceAnswer> {
    let kept: { readonly answer: RouteAnswer; readonly text: string | undefined } | undefined;
    const recorder: Recorder = {
      async record(writer, answer) {
        const body = answerText(answer);
        if (body !== null && typeof body !== 'string') throw new Error('an answer that is not text cannot be recorded');
        const sealed = sealAnswer({ headers: answer.headers ?? {}, text: body }, secretOf(request), randomBytes);
        const inserted = await writer
          .insertInto('idempotency')
          .values({ id, request_hash: hash, status: answer.status, body: sealed, created_at: clock.now() })
          .onConflict((conflicting) => conflicting.column('id').doNothing())
          .executeTakeFirst();
        if (inserted.numInsertedOrUpdatedRows !== 1n) throw new AnsweredElsewhere();
        kept = { answer, text: body ?? undefined };
      },
    };
    const answer = await handle(recorder);
    if (kept === undefined && answer.status < 500) await db.write((writer) => recorder.record(writer, answer));
    return { answer, text: kept?.answer === answer ? kept.text : undefined, replayed: false };
  }

  return {
    async once(request, handle) {
      const id = idOf(request);
      const hash = hashOf(request);
      for (let running = inFlight.get(id); running !== undefined; running = inFlight.get(id)) {
        if (running.hash !== hash) throw conflict();
        await running.done;
      }
      const { promise: done, resolve } = Promise.withResolvers<void>();
      inFlight.set(id, { hash, done });
      try {
        return (await recorded(id, request, hash)) ?? (await first(id, request, hash, handle));
      } catch (error) {
        const other = error instanceof AnsweredElsewhere ? await recorded(id, request, hash) : undefined;
        if (other === undefined) throw error;
        return other;
      } finally {
        inFlight.delete(id);
        resolve();
      }
    },
    async prune(pause = async () => undefined) {
      const before = clock.now() - keptMs;
      let removed = 0;
      for (let last = prunedPerUnit; last === prunedPerUnit; removed += last) {
        last = await db.write((writer) => deleteBefore(writer, before));
        await pause();
      }
      return removed;
    },
  };
}

const prunedPerUnit = 200;

/** Index: idempotency_by_age. */
async function deleteBefore(writer: Writer, before: number): Promise<number> {
  const { numDeletedRows } = await writer
    .deleteFrom('idempotency')
    .where('id', 'in', (eb) =>
      eb.selectFrom('idempotency').select('id').where('created_at', '<', before).orderBy('created_at').limit(prunedPerUnit),
    )
    .executeTakeFirstOrThrow();
  return Number(numDeletedRows);
}

/** Rolls back the transaction that lost. */
class AnsweredElsewhere extends Error {
  override readonly message = 'the same request was answered by another server meanwhile';
}

const secretOf = ({ actor, key }: OnceRequest): string => `${actor}\n${key}`;
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const idOf = (request: OnceRequest): string => sha256(`muster idempotency\n${secretOf(request)}`);
/** With the key in it, so that a password in a body cannot be tried out on the stored hash. */
const hashOf = (request: OnceRequest): string =>
  sha256(`${secretOf(request)}\n${request.method}\n${request.path}\n${canonicalJson(request.body as Json)}`);

const conflict = (): MusterError =>
  new MusterError(
    'idempotency_conflict',
    'This Idempotency-Key was sent before with another request. Use a new key for a new request.',
  );
