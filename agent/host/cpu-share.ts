import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';

/** Time that all cores together spent since the start of the host, in any unit. */
export type CpuTimes = { readonly busy: number; readonly total: number };

/** The share of all cores, 0 to 100, that was busy between two readings. */
export function cpuShare(before: CpuTimes, after: CpuTimes): number {
  const total = after.total - before.total;
  if (total <= 0) return 0;
  return Math.min(100, Math.max(0, ((after.busy - before.busy) / total) * 100));
}

/** `os.cpus()` opens a file per core on Linux, and is empty on some hosts: there the share is 0. */
export function readCpuTimes(): CpuTimes {
  return fromProc() ?? fromNode();
}

function fromProc(): CpuTimes | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    return parseProcStat(readFileSync('/proc/stat', 'latin1'));
  } catch {
    return undefined;
  }
}

/** `cpu  user nice system idle iowait irq softirq steal guest guest_nice`; guest time is in user time already. */
export function parseProcStat(text: string): CpuTimes | undefined {
  const match = /^cpu +([\d ]+)$/m.exec(text);
  if (match?.[1] === undefined) return undefined;
  const times = match[1].split(' ').map(Number).slice(0, 8);
  const total = times.reduce((sum, time) => sum + time, 0);
  const idle = (times[3] ?? 0) + (times[4] ?? 0);
  return { busy: total - idle, total };
}

function fromNode(): CpuTimes {
  let busy = 0;
  let total = 0;
  for (const { times } of cpus()) {
    const all = times.user + times.nice + times.sys + times.idle + times.irq;
    total += all;
    busy += all - times.idle;
  }
  return { busy, total };
}
