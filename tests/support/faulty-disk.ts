import { type Disk, systemDisk } from '../../agent/disk.ts';

/** A disk of which a test lets single calls fail, as often as it says, with the error of the system that it names. */
export type FaultyDisk = Disk & {
  /** @param path only calls about this file (by its path when it was opened) */
  fail(call: keyof Disk, code: string, options?: { readonly times?: number; readonly path?: string }): void;
  /** Everything works again. */
  heal(): void;
  /** how many calls were let fail */
  readonly failures: () => number;
};

export function createFaultyDisk(): FaultyDisk {
  let faults: { call: string; code: string; left: number; path: string | undefined }[] = [];
  let failures = 0;
  const paths = new Map<number, string>();

  function failing(call: string, target: unknown): NodeJS.ErrnoException | undefined {
    const path = typeof target === 'number' ? paths.get(target) : String(target);
    const fault = faults.find((each) => each.call === call && each.left > 0 && (each.path === undefined || each.path === path));
    if (fault === undefined) return undefined;
    fault.left -= 1;
    failures += 1;
    return Object.assign(new Error(`${fault.code}: injected, ${call}`), { code: fault.code, syscall: call });
  }

  const guarded = <Call extends keyof Disk>(call: Call): Disk[Call] =>
    ((...args: unknown[]) => {
      const error = failing(call, args[0]);
      const done = args.at(-1);
      if (error !== undefined && typeof done === 'function') return void setImmediate(() => done(error));
      if (error !== undefined) throw error;
      const answer: unknown = (systemDisk[call] as (...args: unknown[]) => unknown)(...args);
      if (call === 'openSync') paths.set(answer as number, String(args[0]));
      return answer;
    }) as unknown as Disk[Call];

  return {
    openSync: guarded('openSync'),
    closeSync: guarded('closeSync'),
    writeSync: guarded('writeSync'),
    ftruncateSync: guarded('ftruncateSync'),
    fsyncSync: guarded('fsyncSync'),
    fdatasync: guarded('fdatasync'),
    renameSync: guarded('renameSync'),
    rmSync: guarded('rmSync'),
    fail(call, code, { times = Number.POSITIVE_INFINITY, path } = {}) {
      faults.push({ call, code, left: times, path });
    },
    heal() {
      faults = [];
    },
    failures: () => failures,
  };
}
