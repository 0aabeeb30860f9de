import { MusterError } from '../../../shared/errors.ts';
import { sqliteCode } from './sqlite/errors.ts';

/**
 * Whether the database can write.
 *
 *   well ──(a unit fails for the disk)──> failing ──(the probe writes)──> well, and those who waited for it are told
 *
 * A unit that writes nothing succeeds on a full disk too; so only the probe, which writes, tells that there is space again.
 */
export type DiskWatch<Port> = {
  /** the port, watched */
  readonly db: Port;
  /** why nothing can be written at present, if so */
  failure(): MusterError | undefined;
  /** Tries to write, if nothing could be written before. @throws while it cannot */
  probe(): Promise<void>;
};

export type DiskWatchOptions<Port> = {
  readonly write: (db: Port) => Promise<unknown>;
  readonly onFailing: (failure: MusterError) => void;
  readonly onWell: () => void;
};

/** of whatever tables */
type Writing = { readonly write: (work: never) => Promise<unknown> };

export function watchDisk<Port extends Writing>(
  port: Port,
  { write, onFailing, onWell }: DiskWatchOptions<Port>,
): DiskWatch<Port> {
  let failure: MusterError | undefined;

  function noticed(error: unknown): void {
    if (!isDiskFailure(error)) return;
    const before = failure;
    failure = error;
    if (before === undefined) onFailing(error);
  }

  return {
    db: {
      ...port,
      write: (work: never) =>
        port.write(work).catch((error: unknown) => {
          noticed(error);
          throw error;
        }),
    },
    failure: () => failure,
    async probe() {
      if (failure === undefined) return;
      await write(port);
      failure = undefined;
      onWell();
    },
  };
}

/** The disk is full, or does not take what is written to it: what failed for it may be tried again later as it is. */
export function isDiskFailure(error: unknown): error is MusterError {
  if (!(error instanceof MusterError)) return false;
  return error.code === 'disk_full' || sqliteCode(error.details.cause)?.startsWith('SQLITE_IOERR') === true;
}
