import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { syncFolder, writeDurably } from '../durable-file.ts';

/**
 * What is known on disk of an update, for the agent and for its starter, which is a shell script: one file of lines `key value`, replaced in one
 * step, so that there is never more than one opinion.
 *
 *   (nothing) ──> switching ──> healthy       by the new agent, when the server has welcomed it
 *       │             └───────> rolled_back   by the starter, which has put the one before back
 *       └──> failed: nothing was switched
 *
 * What has ended stays until the server has recorded it. While it is `switching`, each start of the new executable takes one of the files
 * `start-1` to `start-3` away: a file can be removed where the disk has no room to write one.
 */
export type UpdateRecord = Switching | UpdateEnd;

export type Switching = {
  readonly update: string;
  readonly state: 'switching';
  /** names in the folder of executables */
  readonly next: string;
  readonly before: string;
  readonly nextVersion: string;
  readonly beforeVersion: string;
  /** within which the next one must be welcomed */
  readonly seconds: number;
};

export type UpdateEnd = {
  readonly update: string;
  readonly state: 'healthy' | 'rolled_back' | 'failed';
  readonly message: string;
};

export type UpdateRecordFile = {
  /** undefined: there is none, or none that can be read */
  read(): UpdateRecord | undefined;
  /** On disk when it returns. Before the executable is switched. */
  begin(record: Switching): void;
  end(record: UpdateEnd): void;
  forget(): void;
};

/** so many starts has a new executable to become healthy */
const starts = ['start-1', 'start-2', 'start-3'] as const;

/** @param folder of updates, in that of the agent; the starter knows it, too */
export function openUpdateRecord(folder: string): UpdateRecordFile {
  const file = join(folder, 'state');
  const write = (record: UpdateRecord): void => {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeDurably(file, textOf(record));
  };
  const forgetStarts = (): void => {
    for (const name of starts) rmSync(join(folder, name), { force: true });
  };
  return {
    read() {
      try {
        return parse(readFileSync(file, 'utf8'));
      } catch {
        return undefined;
      }
    },
    begin(record) {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      for (const name of starts) writeFileSync(join(folder, name), '', { mode: 0o600 });
      syncFolder(folder);
      // instant: update-starts-written
      write(record);
    },
    end(record) {
      write(record);
      forgetStarts();
    },
    forget() {
      rmSync(file, { force: true });
      forgetStarts();
    },
  };
}

function textOf(record: UpdateRecord): string {
  const lines = [`update ${record.update}`, `state ${record.state}`];
  if (record.state === 'switching') {
    const { next, before, nextVersion, beforeVersion, seconds } = record;
    lines.push(`next ${next}`, `before ${before}`, `next-version ${nextVersion}`, `before-version ${beforeVersion}`);
    lines.push(`seconds ${Math.ceil(seconds)}`);
  } else lines.push(`message ${oneLine(record.message)}`);
  return `${lines.join('\n')}\n`;
}

function parse(text: string): UpdateRecord | undefined {
  const facts = new Map(
    text
      .split('\n')
      .map((line) => line.trimEnd())
      .filter((line) => line !== '')
      .map((line) => [line.split(' ', 1)[0] ?? '', line.slice(line.indexOf(' ') + 1)]),
  );
  const fact = (name: string): string => facts.get(name) ?? '';
  const update = fact('update');
  const state = fact('state');
  if (update === '') return undefined;
  if (state === 'healthy' || state === 'rolled_back' || state === 'failed') return { update, state, message: fact('message') };
  if (state !== 'switching') return undefined;
  const switching = { update, state, next: fact('next'), before: fact('before') } as const;
  const versions = { nextVersion: fact('next-version'), beforeVersion: fact('before-version') };
  return { ...switching, ...versions, seconds: Number(fact('seconds')) };
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim().slice(0, 4000);
