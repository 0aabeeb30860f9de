import { existsSync, readFileSync } from 'node:fs';
import type { Logger } from 'pino';
import { type AttemptKey, keyOf } from '../attempt-key.ts';
import type { Clock } from '../clock.ts';
import { openAppendFile } from './append-file.ts';
import { encodeLine } from './journal-line.ts';
import { applyRecord, type JournalledAttempt, readJournal } from './journal-reading.ts';
import type { Ended, JournalRecord, Spawned, Started } from './journal-records.ts';

/**
 * The agent's memory of what it started and has not yet handed over to the server.
 *
 * `started` waits for the disk, because nothing of the attempt may run before. `ended` waits for the write alone: if the power fails
 * before the disk has it, then either the server has the result, or nobody was told and the attempt counts as lost. Its fsync follows
 * soon, since the server may be away for long. `spawned` is written at once and needs no disk, as it matters only while the host is up;
 * `forgotten` waits for nothing: if it is lost, the server says once more that the attempt can be forgotten.
 */
export type Journal = {
  /** what it held when it was opened */
  readonly found: ReadonlyMap<string, JournalledAttempt>;
  /** Settles when it is on disk. Rejects if it could not be made safe: then nothing may be started. */
  started(record: Omit<Started, 'kind'>): Promise<void>;
  spawned(record: Omit<Spawned, 'kind'>): void;
  /** Settles when it is written. Rejects if it could not be. */
  ended(record: Omit<Ended, 'kind'>): Promise<void>;
  forgotten(key: AttemptKey): void;
  close(): Promise<void>;
};

export type JournalResources = {
  readonly path: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** a journal larger than this, most of which is dead, is written anew */
  readonly compactBytes?: number;
};

const lazySyncMs = 250;

export function openJournal({ path, clock, log, compactBytes = 4 * 1024 * 1024 }: JournalResources): Journal {
  const content = readJournal(existsSync(path) ? readFileSync(path) : Buffer.alloc(0));
  if (content.damagedLines > 0) log.warn({ path, lines: content.damagedLines }, 'journal_damaged');

  const live = content.attempts;
  let compactAt = compactBytes;
  let cancelLazySync: (() => void) | undefined;
  const file = openAppendFile(path, content.goodBytes, { written: compactIfDue, synced: compactIfDue });

  function append(record: JournalRecord, until: 'written' | 'disk'): Promise<void> {
    applyRecord(live, record);
    return file.append(encodeLine(record), until);
  }

  function compactIfDue(): void {
    if (file.size() < compactAt || file.isSyncing()) return;
    try {
      file.replace([...live.values()].flatMap(recordsOf).map(encodeLine).join(''));
      compactAt = Math.max(compactBytes, 4 * file.size());
    } catch (error) {
      log.error({ err: error, path }, 'journal_not_compacted');
      compactAt = 2 * file.size();
    }
  }

  function syncSoon(): void {
    cancelLazySync ??= clock.after(lazySyncMs, () => {
      cancelLazySync = undefined;
      file.flush().catch((error: unknown) => log.error({ err: error, path }, 'journal_not_synced'));
    });
  }

  const carryOn = (append: Promise<void>): void => {
    append.catch((error: unknown) => log.error({ err: error, path }, 'journal_not_written'));
  };

  return {
    found: new Map(live),
    async started({ execution, attempt, ...rest }) {
      try {
        await append({ execution, attempt, kind: 'started', ...rest }, 'disk');
      } catch (error) {
        live.delete(keyOf({ execution, attempt }));
        throw error;
      }
    },
    spawned({ execution, attempt, ...rest }) {
      carryOn(append({ execution, attempt, kind: 'spawned', ...rest }, 'written'));
      // each moment later is one in which the agent could die and leave a process that nobody knows
      file.writeNow();
    },
    async ended({ execution, attempt, ...rest }) {
      await append({ execution, attempt, kind: 'ended', ...rest }, 'written');
      syncSoon();
    },
    forgotten({ execution, attempt }) {
      carryOn(append({ execution, attempt, kind: 'forgotten' }, 'written'));
    },
    async close() {
      cancelLazySync?.();
      await file.close();
    },
  };
}

const recordsOf = ({ started, spawned, ended }: JournalledAttempt): JournalRecord[] =>
  [started, spawned, ended].filter((record) => record !== undefined);
