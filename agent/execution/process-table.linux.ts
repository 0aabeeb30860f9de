import { closeSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import type { ProcessRow, ProcessTable } from './process-table.ts';

/** Reading one row takes some 10 µs; after this many the event loop gets its turn. */
const rowsPerTurn = 100;
const maxTries = 3;

/** All processes, from /proc. `started` is in clock ticks since boot. */
export async function readProcessTable(): Promise<ProcessTable> {
  for (let tries = 1; ; tries += 1) {
    const { rows, vanished } = await readRows();
    // a process that ended between being listed and being read may have left a child that was born after the listing
    if (vanished === 0 || tries === maxTries) return { rows, environmentHolds: environments() };
  }
}

/** undefined: there is no such process. */
export function readProcess(pid: number): ProcessRow | undefined {
  const text = readShortFile(`/proc/${pid}/stat`);
  if (text === undefined) return undefined;
  // the name of the program is in parentheses and may itself hold spaces and parentheses
  const nameEnd = text.lastIndexOf(')');
  const fields = text.slice(nameEnd + 2).split(' ');
  const [state, parent, group, session] = fields;
  return {
    pid,
    parent: Number(parent),
    group: Number(group),
    session: Number(session),
    name: text.slice(text.indexOf('(') + 1, nameEnd),
    started: Number(fields[19]),
    zombie: state === 'Z' || state === 'X',
  };
}

/** Differs after each boot of the host, so that ticks and pids of another boot are not taken for those of this one. */
export const readBootId = (): string => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();

async function readRows(): Promise<{ rows: ProcessRow[]; vanished: number }> {
  const pids = readdirSync('/proc').filter(isPid).map(Number);
  const rows: ProcessRow[] = [];
  for (const [index, pid] of pids.entries()) {
    const row = readProcess(pid);
    if (row !== undefined) rows.push(row);
    if (index % rowsPerTurn === rowsPerTurn - 1) await new Promise(setImmediate);
  }
  return { rows, vanished: pids.length - rows.length };
}

function environments(): ProcessTable['environmentHolds'] {
  const texts = new Map<number, string>();
  return ({ pid }, lines) => {
    const text = texts.get(pid) ?? readEnvironment(pid);
    texts.set(pid, text);
    return lines.every((line) => text.includes(`\0${line}\0`));
  };
}

/** The value of a variable with which a process was started. */
export function readVariable(pid: number, name: string): string | undefined {
  const text = readEnvironment(pid);
  const begin = text.indexOf(`\0${name}=`);
  return begin === -1 ? undefined : text.slice(begin + name.length + 2, text.indexOf('\0', begin + 1));
}

function readEnvironment(pid: number): string {
  try {
    return `\0${readFileSync(`/proc/${pid}/environ`, 'utf8')}\0`;
  } catch {
    return ''; // gone meanwhile, or of another user
  }
}

const buffer = Buffer.alloc(2048);

function readShortFile(path: string): string | undefined {
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    return buffer.toString('latin1', 0, readSync(file, buffer, 0, buffer.length, null));
  } catch {
    return undefined;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

const isPid = (name: string): boolean => name.charCodeAt(0) >= 48 && name.charCodeAt(0) <= 57;
