import { taskInput } from '../../../shared/api/tasks.ts';
import { bundleOf } from './plugins.ts';
import type { Step } from './steps.ts';
import { admin, type World } from './world.ts';

/** Tasks that fire by themselves, and what operators do with them. */

/** More of them make histories longer, and show nothing new. */
const tasksAtMost = 3;

type ScheduleStep = Extract<Step, { readonly do: 'schedule' }>;
type ChangeStep = Exclude<Extract<Step, { readonly do: `${string}Task` }>, ScheduleStep>;

export async function schedule(world: World, { owner, everySeconds, endsAfter, policy }: ScheduleStep): Promise<void> {
  if ((await taskIds(world)).length >= tasksAtMost) return;
  const dates = endsAfter === null ? {} : { endsAt: new Date(world.clock.now() + endsAfter * 1000).toISOString() };
  await world.server().feature.tasks.create(definition({ owner, everySeconds, ...dates, ...policy }), admin);
}

export async function changeTask(world: World, step: ChangeStep): Promise<void> {
  const { tasks } = world.server().feature;
  const ids = await taskIds(world);
  const id = ids[step.which % Math.max(1, ids.length)];
  if (id === undefined) return;
  try {
    if (step.do === 'pauseTask') await tasks.pause(id, admin);
    if (step.do === 'resumeTask') await tasks.resume(id, admin);
    if (step.do === 'runTask') await tasks.run(id, admin);
    if (step.do === 'removeTask') await tasks.remove(id, admin);
    if (step.do === 'editTask') {
      const { version, owner, everySeconds, policy } = await tasks.get(id);
      await tasks.update(id, definition({ owner, everySeconds, ...policy, ...step.policy }), version, admin);
    }
  } catch (error) {
    // it was paused, edited or removed meanwhile
    if (!['state_conflict', 'version_conflict', 'not_found'].includes((error as { code?: string }).code ?? '')) throw error;
  }
}

/** Nothing fires from now on. */
export async function removeTasks(world: World): Promise<void> {
  for (const id of await taskIds(world)) await world.server().feature.tasks.remove(id, admin);
}

function definition(fields: Record<string, unknown>) {
  const input = taskInput.parse({ plugin: bundleOf('any').name, type: 'Interval', ...fields });
  // what is spread over longer than that is refused
  const most = input.overlap === 'replace' ? (input.everySeconds ?? 1) - 1 : input.splaySeconds;
  return { ...input, splaySeconds: Math.min(input.splaySeconds, most) };
}

async function taskIds({ db }: World): Promise<string[]> {
  const rows = await db.read
    .selectFrom('tasks')
    .select('id')
    .where('type', '=', 'Interval')
    .where('deleted_at', 'is', null)
    .orderBy('id')
    .execute();
  return rows.map(({ id }) => id);
}
