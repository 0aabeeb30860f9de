import { existsSync, readFileSync } from 'node:fs';
import type { Logger } from 'pino';
import { type AttemptKey, keyOf } from '../attempt-key.ts';
import type { Clock } from '../clock.ts';
import { type Disk, isDiskFull, systemDisk } from '../disk.ts';
import { type Need, openAppendFile } from './append-file.ts';
import { encodeLine } from './journal-line.ts';
import { applyRecord, type JournalledAttempt, readJournal } from './journal-reading.ts';
import type { AttemptRecord, Ended, JournalRecord, Spawned, Started } from './journal-records.ts';
import { openReserve } from './reserve.ts';

/**
 * The agent's memory of what it started and has not yet handed over to the server.
 *
 * `started` waits for the disk, because nothing of the attempt may run before. `ended` waits for the write alone: if the power fails
 * before the disk has it, then either the server has the result, or nobody was told and the attempt counts as lost. Its fsync follows
 * soon, since the server may be away for long. `spawned` is written at once and needs no disk, as it matters only while the host is up;
 * `forgotten` waits for nothing: if it is lost, the server says once more that the attempt can be forgotten.
 *
 * It also remembers the starts of the agent (see `lives` in the hello): one that was copied, set back or emptied lacks the last of them.
 *
 * A disk that cannot be written refuses a `started`: nothing was begun, and the attempt can be handed back. All other records are of work
 * that was begun: they use the reserve, and what even so could not be written is owed, and tried again until the disk has it.
 */
export type Journal = {
  /** what it held when it was opened */
  readonly found: ReadonlyMap<string, JournalledAttempt>;
  /** A start of the agent, with an id that no other has; to be called once, before anything is started. Settles when it is on disk or owed. */
  begin(life: string): Promise<void>;
  /** this life, then those before it back to the last that the server knows, newest first */
  lives(): readonly string[];
  /** The server knows this life. */
  welcomed(): void;
  /** Settles when it is on disk. Rejects if it could not be made safe: then nothing may be started. */
  started(record: Omit<Started, 'kind'>): Promise<void>;
  spawned(record: Omit<Spawned, 'kind'>): void;
  /** Settles when it is written, or when it is owed. */
  ended(record: Omit<Ended, 'kind'>): Promise<void>;
  forgotten(key: AttemptKey): void;
  /** why nothing new should be begun, as a sentence: records are owed, or the reserve is spent */
  trouble(): string | undefined;
  close(): Promise<void>;
};

export type JournalResources = {
  readonly path: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** a journal larger than this, most of which is dead, is written anew */
  readonly compactBytes?: number;
  readonly disk?: Disk;
};

const lazySyncMs = 250;
const firstRetryMs = 1000;
const longestRetryMs = 30_000;

const start: Need = { until: 'disk', mayUseReserve: false };
const keep: Need = { until: 'written', mayUseReserve: true };
const keepOnDisk: Need = { until: 'disk', mayUseReserve: true };

export function openJournal({ path, clock, log, compactBytes = 4 * 1024 * 1024, disk = systemDisk }: JournalResources): Journal {
  const content = readJournal(existsSync(path) ? readFileSync(path) : Buffer.alloc(0));
  if (content.damagedLines > 0) log.warn({ path, lines: content.damagedLines }, 'journal_damaged');
  // of a compaction in which the agent died
  disk.rmSync(`${path}.new`, { force: true });

  const live = content.attempts;
  let lives = content.lives;
  let isWelcomed = false;
  const reserve = openReserve(`${path}.reserve`, disk);
  let compactAt = compactBytes;
  let compactAfter = Number.NEGATIVE_INFINITY;
  let cancelLazySync: (() => void) | undefined;
  /** what the file lacks, in order */
  let owed: JournalRecord[] = [];
  /** an fsync failed: what was written before may be lost although the file shows it, so that all of it is written anew */
  let isDoubtful = false;
  let lastError = '';
  let retryMs = firstRetryMs;
  let cancelRetry: (() => void) | undefined;
  let isClosed = false;
  const file = openAppendFile({ path, size: content.goodBytes, disk, reserve, onWritten });
  if (!reserve.isThere()) retryLater();

  const write = (record: JournalRecord, need: Need): Promise<void> => file.append(encodeLine(record), need);

  function keepRecord(record: JournalRecord, need = keep): Promise<void> {
    return write(record, need).catch((error: unknown) => {
      if (isOvertaken(record)) return;
      if (owed.length === 0) log.error({ err: error, path }, 'journal_not_written');
      lastError = messageOf(error);
      owed.push(record);
      retryLater();
    });
  }

  /** by a later `forgotten` */
  const isOvertaken = (record: JournalRecord): boolean =>
    record.kind !== 'life' && record.kind !== 'forgotten' && !live.has(keyOf(record));

  function doubt(error: unknown): void {
    log.error({ err: error, path }, 'journal_not_synced');
    lastError = messageOf(error);
    isDoubtful = true;
    retryLater();
  }

  function retryLater(): void {
    if (isClosed) return;
    cancelRetry ??= clock.after(retryMs, () => {
      cancelRetry = undefined;
      retryMs = Math.min(longestRetryMs, retryMs * 2);
      retry().catch((error: unknown) => log.error({ err: error, path }, 'journal_not_written'));
    });
  }

  async function retry(): Promise<void> {
    if (isDoubtful && !file.isSyncing()) rewriteIfPossible();
    const due = owed;
    owed = [];
    await Promise.all(due.map((record) => keepRecord(record)));
    if (owed.length === 0 && !isDoubtful) reserve.refill();
    if (trouble() !== undefined) {
      retryLater();
      return;
    }
    retryMs = firstRetryMs;
    log.info({ path }, 'journal_written_again');
    syncSoon();
  }

  function rewriteIfPossible(): void {
    try {
      rewrite();
      isDoubtful = false;
      owed = [];
    } catch (error) {
      lastError = messageOf(error);
    }
  }

  function rewrite(): void {
    const begun = lives.toReversed().map((life, index): JournalRecord => ({ kind: 'life', life, known: index === 0 }));
    file.replace([...begun, ...[...live.values()].flatMap(recordsOf)].map(encodeLine).join(''));
  }

  function onWritten(): void {
    compactIfDue();
    if (!reserve.isThere()) retryLater();
  }

  function compactIfDue(): void {
    if (file.size() < compactAt || file.isSyncing() || clock.monotonic() < compactAfter) return;
    try {
      rewrite();
      compactAt = Math.max(compactBytes, 4 * file.size());
    } catch (error) {
      log.error({ err: error, path }, 'journal_not_compacted');
      compactAfter = clock.monotonic() + longestRetryMs;
    }
  }

  function syncSoon(): void {
    if (isClosed) return;
    cancelLazySync ??= clock.after(lazySyncMs, () => {
      cancelLazySync = undefined;
      file.flush().catch(doubt);
    });
  }

  function trouble(): string | undefined {
    if (owed.length > 0 || isDoubtful) return `The journal ${path} could not be written (${lastError}).`;
    return reserve.isThere() ? undefined : `The disk of ${path} is full: the reserve of the journal is in use.`;
  }

  return {
    found: new Map(live),
    begin(life) {
      lives = [life, ...lives];
      return keepRecord({ kind: 'life', life, known: false }, keepOnDisk);
    },
    lives: () => lives,
    welcomed() {
      const [life] = lives;
      if (life === undefined || isWelcomed) return;
      isWelcomed = true;
      lives = [life];
      void keepRecord({ kind: 'life', life, known: true });
    },
    async started({ execution, attempt, ...rest }) {
      const record: AttemptRecord = { execution, attempt, kind: 'started', ...rest };
      applyRecord(live, record);
      try {
        await write(record, start);
      } catch (error) {
        live.delete(keyOf(record));
        if (!isDiskFull(error)) {
          // it may have been the fsync that failed: then the line is in the file all the same
          doubt(error);
          void keepRecord({ execution, attempt, kind: 'forgotten' });
        }
        throw error;
      }
    },
    spawned({ execution, attempt, ...rest }) {
      // instant: process-spawned
      const record: AttemptRecord = { execution, attempt, kind: 'spawned', ...rest };
      applyRecord(live, record);
      void keepRecord(record);
      // each moment later is one in which the agent could die and leave a process that only its environment tells
      file.writeNow();
    },
    async ended({ execution, attempt, ...rest }) {
      const record: AttemptRecord = { execution, attempt, kind: 'ended', ...rest };
      applyRecord(live, record);
      await keepRecord(record);
      syncSoon();
    },
    forgotten({ execution, attempt }) {
      const record: AttemptRecord = { execution, attempt, kind: 'forgotten' };
      applyRecord(live, record);
      owed = owed.filter((each) => each.kind === 'life' || keyOf(each) !== keyOf(record));
      void keepRecord(record);
    },
    trouble,
    async close() {
      isClosed = true;
      cancelLazySync?.();
      cancelRetry?.();
      if (owed.length > 0 || isDoubtful) await retry();
      await file.close();
    },
  };
}

const recordsOf = ({ started, spawned, ended }: JournalledAttempt): AttemptRecord[] =>
  [started, spawned, ended].filter((record) => record !== undefined);

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
