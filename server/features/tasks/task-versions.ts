import { toInstant } from '../../../shared/api/listing.ts';
import type { TaskVersions } from '../../../shared/api/tasks.ts';
import { readableJson } from '../../../shared/json.ts';
import { linePatch } from '../../platform/text/line-patch.ts';
import type { Reader } from '../../schema/schema.ts';
import { definitionOf } from './definition.ts';
import type { TaskRow } from './rows.ts';
import { taskVersions } from './tasks.store.ts';

/**
 * The versions of a task before `after`, the newest first. What an edit replaced is kept with who replaced it, and so tells of the
 * version that came next.
 */
export async function versionsOf(
  db: Reader,
  task: TaskRow,
  { after = task.version + 1, limit }: { readonly after?: number | undefined; readonly limit: number },
): Promise<TaskVersions> {
  // one more than is shown, to compare the last of them with
  const kept = await taskVersions(db, task.id, Math.min(after, task.version), limit + 1);
  const definitions = new Map(kept.map(({ version, definition }) => [version, definition]));
  if (after > task.version) definitions.set(task.version, definitionOf(task));
  const shown = [...definitions.keys()].sort((a, b) => b - a).slice(0, limit);
  const items = shown.map((version) => {
    const before = kept.find((row) => row.version === version - 1);
    return {
      version,
      at: toInstant(before?.replaced_at ?? task.created_at),
      by: before?.replaced_by ?? task.created_by,
      diff: before === undefined ? null : difference(before.definition, definitions.get(version) ?? ''),
    };
  });
  return { items, next: definitions.size > limit ? (shown.at(-1) ?? null) : null };
}

/** Texts that are longer are not compared: a page of them would take seconds. */
const comparedChars = 64 * 1024;
const bounds = { lines: 2000, ms: 40 };

function difference(before: string, after: string): TaskVersions['items'][number]['diff'] {
  if (before.length > comparedChars || after.length > comparedChars) return null;
  return linePatch(readable(before), readable(after), bounds) ?? null;
}

/** A definition as it is kept, in the words of the API; what it does not say is left out. */
export function readable(definition: string): string {
  const { plugin_sha256, time_zone, every_seconds, calendar, args, env, policy, ...plain } = JSON.parse(definition) as Kept;
  const { startsAt, endsAt, ...dates } = JSON.parse(calendar ?? '{}') as { startsAt?: number | null; endsAt?: number | null };
  const given = Object.entries({
    ...plain,
    pluginVersion: plugin_sha256,
    args: JSON.parse(args ?? 'null'),
    env: JSON.parse(env ?? '{}'),
    timeZone: time_zone,
    everySeconds: every_seconds,
    startsAt: typeof startsAt === 'number' ? toInstant(startsAt) : null,
    endsAt: typeof endsAt === 'number' ? toInstant(endsAt) : null,
    ...dates,
    ...JSON.parse(policy ?? '{}'),
  }).filter(([, value]) => value !== null && value !== undefined && !(Array.isArray(value) && value.length === 0));
  return `${readableJson(Object.fromEntries(given))}\n`;
}

type Kept = Partial<Record<'plugin_sha256' | 'time_zone' | 'calendar' | 'args' | 'env' | 'policy', string | null>> & {
  readonly every_seconds?: number | null;
};
