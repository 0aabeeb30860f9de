import { z } from 'zod';
import { pageOf } from '../../../shared/api/listing.ts';
import { pluginVersionChoice } from '../../../shared/api/plugins.ts';
import { run, taskCreated } from '../../../shared/api/runs.ts';
import { taskBatch, taskBatchCreated } from '../../../shared/api/task-batch.ts';
import { firings, schedulePreview, task, taskInput, taskQuery, taskVersions } from '../../../shared/api/tasks.ts';
import { MusterError } from '../../../shared/errors.ts';
import type { Actor } from '../../platform/http/actor.ts';
import { type AnyRoute, route } from '../../platform/http/route.ts';
import type { RunsService } from './runs.service.ts';
import type { TasksService } from './tasks.service.ts';

const byId = z.strictObject({ id: z.string().min(1).max(64) });
const waitQuery = z.strictObject({
  /** hold the answer until the run is final, at most so many seconds */
  wait: z.coerce.number().min(0).max(300).default(0),
});
const tag = 'tasks';
/** A thousand tasks of sixteen thousand bytes. */
const batchBytes = 16 * 1024 * 1024;
const etag = (version: number) => ({ etag: `"${version}"` });

export function taskRoutes(tasks: TasksService, runs: RunsService): AnyRoute[] {
  return [
    route({
      method: 'POST',
      path: '/api/v1/tasks',
      aliases: ['/tasks'],
      permission: 'tasks.run',
      tag,
      summary: 'Create a task; an Adhoc one runs at once',
      query: waitQuery,
      body: taskInput,
      responses: { 201: taskCreated },
      async handler({ body, query, actor, signal, idempotency }) {
        const created = await tasks.create(body, known(actor), async (writer, answer) =>
          idempotency?.record(writer, { status: 201, body: answer }),
        );
        const waited =
          created.run !== null && query.wait > 0 ? await runs.waitFinal(created.run.id, query.wait, signal) : created.run;
        return {
          status: 201,
          body: { task: created.task, run: waited },
          headers: { location: `/api/v1/tasks/${created.task.id}` },
        };
      },
    }),
    route({
      method: 'POST',
      path: '/api/v1/tasks/batch',
      permission: 'tasks.run',
      tag,
      summary: 'Create up to a thousand tasks, all of them or none; Adhoc ones run at once',
      body: taskBatch,
      bodyLimit: batchBytes,
      responses: { 201: taskBatchCreated },
      async handler({ body, actor, idempotency }) {
        const items = await tasks.createBatch(body.tasks, known(actor), async (writer, created) =>
          idempotency?.record(writer, { status: 201, body: { items: created } }),
        );
        return { status: 201, body: { items } };
      },
    }),
    route({
      method: 'GET',
      path: '/api/v1/tasks',
      aliases: ['/tasks'],
      permission: 'tasks.read',
      tag,
      summary: 'List tasks, newest first',
      query: taskQuery,
      responses: { 200: pageOf(task) },
      handler: async ({ query }) => ({ status: 200, body: await tasks.list(query) }),
    }),
    route({
      method: 'GET',
      path: '/api/v1/tasks/:id',
      permission: 'tasks.read',
      tag,
      summary: 'Read a task',
      params: byId,
      responses: { 200: task },
      async handler({ params }) {
        const body = await tasks.get(params.id);
        return { status: 200, body, headers: etag(body.version) };
      },
    }),
    route({
      method: 'PUT',
      path: '/api/v1/tasks/:id',
      permission: 'tasks.write',
      tag,
      summary: 'Replace the definition of a task; needs If-Match with its ETag',
      params: byId,
      body: taskInput,
      headers: { 'If-Match': 'the ETag of the task that was read and edited' },
      responses: { 200: task },
      async handler({ params, body, actor, headers }) {
        const updated = await tasks.update(params.id, body, versionOf(headers['if-match']), known(actor));
        return { status: 200, body: updated, headers: etag(updated.version) };
      },
    }),
    route({
      method: 'DELETE',
      path: '/api/v1/tasks/:id',
      permission: 'tasks.write',
      tag,
      summary: 'Delete a task; its runs stay in the ledger',
      params: byId,
      responses: { 204: null },
      async handler({ params, actor }) {
        await tasks.remove(params.id, known(actor));
        return { status: 204 };
      },
    }),
    route({
      method: 'POST',
      path: '/api/v1/tasks/:id/run',
      permission: 'tasks.run',
      tag,
      summary: 'Run a task now',
      params: byId,
      query: waitQuery,
      responses: { 201: run },
      async handler({ params, query, actor, signal }) {
        const fired = await tasks.run(params.id, known(actor));
        const body = query.wait > 0 ? await runs.waitFinal(fired.id, query.wait, signal) : fired;
        return { status: 201, body, headers: { location: `/api/v1/runs/${fired.id}` } };
      },
    }),
    route({
      method: 'GET',
      path: '/api/v1/tasks/:id/versions',
      permission: 'tasks.read',
      tag,
      summary: 'The versions of a task and what each of them changed, newest first',
      params: byId,
      query: z.strictObject({
        limit: z.coerce.number().int().min(1).max(50).default(10),
        after: z.coerce.number().int().min(1).optional(),
      }),
      responses: { 200: taskVersions },
      handler: async ({ params, query }) => ({ status: 200, body: await tasks.versions(params.id, query) }),
    }),
    route({
      method: 'GET',
      path: '/api/v1/tasks/:id/firings',
      permission: 'tasks.read',
      tag,
      summary: 'The next firings of a task',
      params: byId,
      query: z.strictObject({ count: z.coerce.number().int().min(1).max(100).default(10) }),
      responses: { 200: firings },
      handler: async ({ params, query }) => ({ status: 200, body: await tasks.firings(params.id, query.count) }),
    }),
    route({
      method: 'POST',
      path: '/api/v1/schedules/preview',
      permission: 'tasks.read',
      tag,
      summary: 'The next firings of a schedule that no task has yet; nothing is written',
      body: schedulePreview,
      responses: { 200: firings },
      handler: async ({ body }) => ({ status: 200, body: tasks.preview(body) }),
    }),
    route({
      method: 'POST',
      path: '/api/v1/tasks/:id/pin',
      permission: 'tasks.write',
      tag,
      summary: 'Let a task keep one version of its plugin, whatever is pushed later',
      params: byId,
      body: pluginVersionChoice,
      responses: { 200: task },
      handler: async ({ params, body, actor }) => ({ status: 200, body: await tasks.pin(params.id, body.version, known(actor)) }),
    }),
    route({
      method: 'POST',
      path: '/api/v1/tasks/:id/unpin',
      permission: 'tasks.write',
      tag,
      summary: 'Let a task run the version of its plugin that is current when it fires',
      params: byId,
      responses: { 200: task },
      handler: async ({ params, actor }) => ({ status: 200, body: await tasks.pin(params.id, null, known(actor)) }),
    }),
    ...(['pause', 'resume'] as const).map((verb) =>
      route({
        method: 'POST',
        path: `/api/v1/tasks/:id/${verb}`,
        permission: 'tasks.write',
        tag,
        summary: verb === 'pause' ? 'Stop the firings of a task' : 'Let a paused task fire again',
        params: byId,
        responses: { 200: task },
        handler: async ({ params, actor }) => ({ status: 200, body: await tasks[verb](params.id, known(actor)) }),
      }),
    ),
  ];
}

/** Routes with a permission have an actor; the platform saw to it. */
export function known(actor: Actor | undefined): Actor {
  if (actor === undefined) throw new MusterError('unauthenticated', 'Send a token or sign in.');
  return actor;
}

function versionOf(ifMatch: string | undefined): number {
  if (ifMatch === undefined)
    throw new MusterError('precondition_required', 'Send If-Match with the ETag of the task that you read.', {
      field: 'If-Match',
    });
  const match = /^(?:W\/)?"(\d{1,9})"$/.exec(ifMatch.trim());
  if (match === null)
    throw new MusterError('field_invalid', 'If-Match must be the ETag of the task, such as "3".', { field: 'If-Match' });
  return Number(match[1]);
}
