import { execFile, execFileSync } from 'node:child_process';
import type { ProcessRow, ProcessTable } from './process-table.ts';

const columns = ['-o', 'pid=,ppid=,pgid=,state=,lstart=,comm='];
const inEnglish = { LC_ALL: 'C', TZ: 'UTC', PATH: '/bin:/usr/bin' };

/** All processes, from `ps`. `started` is in seconds since the epoch. The system shows the environment of others to nobody. */
export async function readProcessTable(): Promise<ProcessTable> {
  const text = await new Promise<string>((resolve, reject) => {
    execFile('ps', ['-ax', ...columns], { env: inEnglish, maxBuffer: 16 * 1024 * 1024 }, (error, stdout) => {
      if (error === null) resolve(stdout);
      else reject(error);
    });
  });
  return { rows: parseProcessList(text), environmentHolds: () => false };
}

/** undefined: there is no such process. */
export function readProcess(pid: number): ProcessRow | undefined {
  try {
    return parseProcessList(execFileSync('ps', [...columns, '-p', String(pid)], { env: inEnglish, encoding: 'utf8' }))[0];
  } catch {
    return undefined; // ps ends with 1 when it finds none
  }
}

/** The environment of another process cannot be read here. */
export const readVariable = (_pid: number, _name: string): string | undefined => undefined;

/** The start is a date here, which is enough to tell two boots apart. */
export const readBootId = (): string => 'darwin';

/** `  501   1   501 S    Fri Nov 21 01:22:05 2025     /bin/sleep` */
export function parseProcessList(text: string): ProcessRow[] {
  return text.split('\n').flatMap((line) => {
    const match = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(\w{3} \w{3}\s+\d+ \d\d:\d\d:\d\d \d{4})\s+(.*)$/.exec(line);
    if (match === null) return [];
    const [, pid, parent, group, state = '', start = '', path = ''] = match;
    const started = Date.parse(`${start} UTC`) / 1000;
    const name = path.slice(path.lastIndexOf('/') + 1);
    return [
      {
        pid: Number(pid),
        parent: Number(parent),
        group: Number(group),
        session: 0,
        name,
        started,
        zombie: state.startsWith('Z'),
      },
    ];
  });
}
