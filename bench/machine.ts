import { availableParallelism, cpus, totalmem } from 'node:os';

/** What the numbers were measured on, in one line. */
export function machineLine(): string {
  const gib = Math.round(totalmem() / 1024 ** 3);
  return `${availableParallelism()} cores, ${cpus()[0]?.model.trim() || process.arch}, ${gib} GiB, Node ${process.versions.node}, ${process.platform}`;
}
