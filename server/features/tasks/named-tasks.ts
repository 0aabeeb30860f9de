import { MusterError } from '../../../shared/errors.ts';
import type { Reader } from '../../schema/schema.ts';
import { type NamedTask, namedTasks, nameOfTask, olderNamesakes, tasksOfIds } from './named-tasks.store.ts';
import type { TaskRow } from './rows.ts';
import { asciiLower, justAfter, namesFrom, type TaskFilter } from './task-filter.ts';

/** A page of tasks in the order of their names. It may hold fewer than were asked for: `next` alone tells whether there are more. */
export type NamedPage = { readonly rows: readonly TaskRow[]; readonly next: string | null };

/**
 * Tasks whose names begin with a text. What else is asked for is looked at in each of them, so that a page ends after so many, whatever
 * it has found; the next one goes on from there.
 */
export async function readNamed(
  db: Reader,
  { name, ...filter }: TaskFilter & { readonly name: string },
  { after, limit }: { readonly after: string | undefined; readonly limit: number },
): Promise<NamedPage> {
  const found: NamedTask[] = [];
  let at = after === undefined ? undefined : await placeOf(db, after);
  let walked = 0;
  while (walked < walkedAtMost) {
    const tasks = await following(db, name, at);
    for (const task of tasks) {
      at = task;
      if (!fits(task, filter)) continue;
      // one too many tells that there are more
      if (found.length === limit) return fullRows(db, found, found.at(-1)?.id ?? null);
      found.push(task);
    }
    if (tasks.length < perStep) return fullRows(db, found, null);
    walked += tasks.length;
  }
  return fullRows(db, found, at?.id ?? null);
}

const perStep = 500;
const walkedAtMost = 5000;
const pageBytes = 8 * 1024 * 1024;

const fits = (task: NamedTask, { status, type, plugin }: TaskFilter): boolean =>
  (status === undefined || task.status === status) &&
  (type === undefined || task.type === type) &&
  (plugin === undefined || task.plugin === plugin);

type Place = { readonly id: string; readonly name: string };

async function placeOf(db: Reader, id: string): Promise<Place> {
  const place = await nameOfTask(db, id);
  if (place !== undefined) return place;
  throw new MusterError('cursor_invalid', 'The task at which this page would begin is not there any more: begin at the first.', {
    field: 'after',
  });
}

async function following(db: Reader, name: string, at: Place | undefined): Promise<NamedTask[]> {
  const { from, before } = namesFrom(name);
  if (at === undefined) return namedTasks(db, { from, before }, perStep);
  const namesakes = await olderNamesakes(db, asciiLower(at.name), at.id, perStep);
  const others = await namedTasks(db, { from: justAfter(at.name), before }, perStep);
  return [...namesakes, ...others].slice(0, perStep);
}

/** A page of large ones ends early, rather than fill the memory. */
async function fullRows(db: Reader, found: readonly NamedTask[], next: string | null): Promise<NamedPage> {
  const rows: TaskRow[] = [];
  let bytes = 0;
  for (let from = 0; from < found.length; from += 10) {
    if (bytes >= pageBytes) return { rows, next: rows.at(-1)?.id ?? null };
    const some = await tasksOfIds(
      db,
      found.slice(from, from + 10).map(({ id }) => id),
    );
    const byId = new Map(some.map((row) => [row.id, row]));
    for (const { id } of found.slice(from, from + 10)) {
      const row = byId.get(id);
      if (row === undefined || row.deleted_at !== null) continue;
      rows.push(row);
      bytes += row.args.length + row.env.length;
    }
  }
  return { rows, next };
}
