import { sql } from 'kysely';
import { heldStates, openStates } from '../../../shared/states.ts';
import type { Reader, Writer } from '../../schema/schema.ts';
import type { TaskRow } from './rows.ts';

/** Moves what is on the clock of the server; states are not touched. */

/** Every time at which something happens to an open execution. Index: executions_open_by_state. */
export const shiftOpen = (writer: Writer, ms: number) =>
  writer
    .updateTable('executions')
    .set((eb) => ({
      deadline_at: eb('deadline_at', '+', ms),
      expires_at: eb('expires_at', '+', ms),
      // 0 stands for "at any time"
      not_before: eb
        .case()
        .when('not_before', '>', 0)
        .then(eb('not_before', '+', ms))
        .else(0)
        .end(),
    }))
    .where('open', '=', sql.lit(1))
    .where('state', 'in', openStates)
    .execute();

/** What agents hold ends not before `until`. Index: executions_open_by_state. */
export const postponeHeld = (writer: Writer, until: number) =>
  writer
    .updateTable('executions')
    .set({ deadline_at: until })
    .where('open', '=', sql.lit(1))
    .where('state', 'in', heldStates)
    .where('deadline_at', '<', until)
    .execute();

/** Intervals are durations: they go on as they were. Index: tasks_due. */
export const shiftIntervals = (writer: Writer, ms: number) =>
  writer
    .updateTable('tasks')
    .set((eb) => ({ next_fire_at: eb('next_fire_at', '+', ms) }))
    .where('next_fire_at', 'is not', null)
    .where('type', '=', 'Interval')
    .execute();

/** Tasks that fire at times of day. Index: tasks_due. */
export const scheduledTasks = (writer: Writer): Promise<TaskRow[]> =>
  writer.selectFrom('tasks').selectAll().where('next_fire_at', 'is not', null).where('type', '=', 'Scheduled').execute();

export const shiftSightings = (writer: Writer, ms: number) =>
  writer
    .updateTable('agents')
    .set((eb) => ({ last_seen_at: eb('last_seen_at', '+', ms) }))
    .where('last_seen_at', 'is not', null)
    .execute();

/** The time that the server saw last, or undefined on its first start. */
export async function seenTime(db: Reader): Promise<number | undefined> {
  return (await db.selectFrom('server_clock').select('seen_at').executeTakeFirst())?.seen_at;
}

export const saveSeenTime = (writer: Writer, now: number) =>
  writer
    .insertInto('server_clock')
    .values({ id: 1, seen_at: now })
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ seen_at: now }))
    .execute();
