import type { TaskType } from '../../../shared/api/tasks.ts';
import type { TaskRow } from './rows.ts';

/** What a list of tasks may be asked for, besides a name. */
export type TaskFilter = {
  readonly status?: TaskRow['status'] | undefined;
  readonly type?: TaskType | undefined;
  readonly plugin?: string | undefined;
};

/** The field that leaves few tasks: what is not done, and what fires again. Adhoc tasks that are done grow with the history. */
export const narrowestOf = ({ status, type }: TaskFilter): 'status' | 'type' | undefined =>
  status === 'active' || status === 'paused' ? 'status' : type === 'Scheduled' || type === 'Interval' ? 'type' : undefined;

/** Names that begin with a text, as a range of the index `tasks_by_name`, which holds them in lower case. */
export type NameRange = { readonly from: string; readonly before: string };

export function namesFrom(beginning: string): NameRange {
  const from = asciiLower(beginning);
  return { from, before: `${from}${lastCharacter}` };
}

/** As the database lowers letters. */
export const asciiLower = (text: string): string => text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());

/** The least text that comes after a name and all that are equal to it. */
export const justAfter = (name: string): string => `${asciiLower(name)}\u0001`;

/** No name holds it, and no text of the same beginning lies outside it. */
const lastCharacter = '\u{10ffff}';
