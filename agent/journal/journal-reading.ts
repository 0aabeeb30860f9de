import { type AttemptKey, keyOf } from '../attempt-key.ts';
import { attemptIn, decodeLine } from './journal-line.ts';
import { type AttemptRecord, type Ended, journalRecord, type Spawned, type Started } from './journal-records.ts';

/** An attempt that the journal holds: started here, and not yet acknowledged by the server. */
export type JournalledAttempt = AttemptKey & {
  /** undefined if the line was damaged: that it was started is all that is known */
  readonly started: Started | undefined;
  readonly spawned: Spawned | undefined;
  readonly ended: Ended | undefined;
};

export type JournalContent = {
  readonly attempts: Map<string, JournalledAttempt>;
  /** starts of the agent, newest first, back to the last one that the server knows */
  readonly lives: readonly string[];
  /** bytes of whole lines; what follows them is a torn tail */
  readonly goodBytes: number;
  readonly damagedLines: number;
};

/**
 * Reads what a journal holds. The end may be torn: a record that was not wholly written was not waited for, so nothing of it ever ran,
 * and it is dropped. A damaged line before the end stands for an attempt that did start: it is kept, without its details.
 */
export function readJournal(bytes: Buffer): JournalContent {
  const goodBytes = bytes.lastIndexOf(0x0a) + 1;
  const lines = bytes.subarray(0, goodBytes).toString('utf8').split('\n');
  lines.pop();
  const attempts = new Map<string, JournalledAttempt>();
  let lives: string[] = [];
  let damagedLines = 0;
  for (const line of lines) {
    const record = journalRecord.safeParse(decodeLine(line));
    if (record.success) {
      if (record.data.kind !== 'life') applyRecord(attempts, record.data);
      else lives = record.data.known ? [record.data.life] : [record.data.life, ...lives];
      continue;
    }
    damagedLines += 1;
    const key = attemptIn(line);
    if (key !== undefined && !line.includes('"kind":"forgotten"'))
      attempts.set(keyOf(key), { ...unknownAttempt(key), ...attempts.get(keyOf(key)) });
  }
  return { attempts, lives, goodBytes, damagedLines };
}

export function applyRecord(attempts: Map<string, JournalledAttempt>, record: AttemptRecord): void {
  const key = keyOf(record);
  const attempt = attempts.get(key) ?? unknownAttempt(record);
  switch (record.kind) {
    case 'started':
      attempts.set(key, { ...attempt, started: record });
      return;
    case 'spawned':
      attempts.set(key, { ...attempt, spawned: record });
      return;
    case 'ended':
      attempts.set(key, { ...attempt, ended: record });
      return;
    case 'forgotten':
      attempts.delete(key);
  }
}

const unknownAttempt = ({ execution, attempt }: AttemptKey): JournalledAttempt => ({
  execution,
  attempt,
  started: undefined,
  spawned: undefined,
  ended: undefined,
});
