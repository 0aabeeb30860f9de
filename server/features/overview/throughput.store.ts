import type { Reader, Writer } from '../../schema/schema.ts';
import type { ThroughputTable } from '../../schema/tables/overview.tables.ts';

/** Minutes since a time, oldest first. Index: the primary key. */
export const minutesSince = (db: Reader, since: number): Promise<ThroughputTable[]> =>
  db.selectFrom('throughput').selectAll().where('minute', '>=', since).orderBy('minute').execute();

/** Adds to what was written of the minute before, by this server process or by the one before it. */
export const addMinute = (writer: Writer, { minute, succeeded, failed, other }: ThroughputTable) =>
  writer
    .insertInto('throughput')
    .values({ minute, succeeded, failed, other })
    .onConflict((conflict) =>
      conflict.column('minute').doUpdateSet((eb) => ({
        succeeded: eb('throughput.succeeded', '+', succeeded),
        failed: eb('throughput.failed', '+', failed),
        other: eb('throughput.other', '+', other),
      })),
    )
    .execute();

export const deleteMinutesBefore = (writer: Writer, before: number) =>
  writer.deleteFrom('throughput').where('minute', '<', before).execute();
