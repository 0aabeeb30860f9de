import { z } from 'zod';
import type { Artifact } from '../../../shared/api/artifacts.ts';
import type { ExecutionDetail, LogSlice } from '../../../shared/api/executions.ts';
import { isFinal, meaningOf } from '../../../shared/states.ts';
import type { Actor } from '../../platform/http/actor.ts';
import { formBody, signedIn, viewsOf } from '../../platform/web/form.ts';
import { type AnyPage, page } from '../../platform/web/page.ts';
import { createExecutionsListPage, type ExecutionsListResources } from './executions-list.pages.ts';
import { timelineOf } from './timeline.ts';

type LogPart = Pick<LogSlice, 'next' | 'size'> & { readonly chunks: readonly LogSlice['chunks'][number][] };

export type ExecutionsPagesResources = ExecutionsListResources & {
  readonly get: (id: string) => Promise<ExecutionDetail>;
  readonly cancel: (id: string, actor: Actor) => Promise<unknown>;
  readonly artifactsOf: (id: string) => Promise<readonly Artifact[]>;
  readonly readLog: (id: string, range: { readonly offset: number; readonly limit: number }) => Promise<LogPart>;
};

/** What the page itself shows of a log: its beginning and its end. The script reads all of it piece by piece, and so do the links. */
const logOnPageBytes = 64 * 1024;
const endOnPageBytes = 16 * 1024;
const largestChunkBytes = 64 * 1024;
const downloadStepBytes = 1024 * 1024;

const view = viewsOf(import.meta.url);
const params = z.object({ id: z.string().max(64) });

export function createExecutionsPages(resources: ExecutionsPagesResources): AnyPage[] {
  async function* wholeLog(executionId: string): AsyncIterable<string> {
    for (let offset = 0; ; ) {
      const { chunks, next, size } = await resources.readLog(executionId, { offset, limit: downloadStepBytes });
      for (const chunk of chunks) yield chunk.text;
      if (next >= size || next <= offset) return;
      offset = next;
    }
  }

  async function logOnPage(executionId: string, from: number) {
    const log = await resources.readLog(executionId, { offset: from, limit: logOnPageBytes });
    const endAt = log.size - endOnPageBytes;
    if (endAt <= log.next) return { ...log, from, end: null };
    const { chunks } = await resources.readLog(executionId, { offset: endAt, limit: endOnPageBytes + largestChunkBytes });
    const [first, ...rest] = chunks.filter(({ offset }) => offset >= log.next);
    if (first === undefined) return { ...log, from, end: null };
    // it begins with a line; a chunk before may be far larger than what is wanted
    const bytes = Buffer.from(first.text);
    const lineEnd = bytes.indexOf(10, Math.max(0, endAt - first.offset));
    const cutAt = first.offset >= endAt || lineEnd === -1 ? 0 : lineEnd + 1;
    const begun = { ...first, offset: first.offset + cutAt, text: bytes.subarray(cutAt).toString() };
    return { ...log, from, end: { from: begun.offset, chunks: [begun, ...rest] } };
  }

  return [
    createExecutionsListPage(resources),
    page({
      method: 'GET',
      path: '/executions/:id',
      permission: 'tasks.read',
      params,
      query: z.object({ from: z.coerce.number().int().min(0).optional() }),
      handler: async (request) => {
        const execution = await resources.get(request.params.id);
        const log = await logOnPage(execution.id, request.query.from ?? 0);
        const artifacts = await resources.artifactsOf(execution.id);
        const final = isFinal(execution.state);
        return {
          kind: 'view',
          view: view('execution'),
          title: `${execution.taskName} on ${execution.agentName ?? 'any host'}`,
          section: 'executions',
          data: {
            execution,
            log,
            artifacts,
            timeline: timelineOf(execution),
            final,
            meaning: meaningOf(execution.state).replaceAll('`', ''),
          },
          topics: [`execution:${execution.id}`],
          scripts: ['log.js'],
        };
      },
    }),
    page({
      method: 'GET',
      path: '/executions/:id/log.txt',
      permission: 'tasks.read',
      params,
      handler: async (request) => {
        const execution = await resources.get(request.params.id);
        return { kind: 'download', fileName: `${execution.id}.log.txt`, chunks: wholeLog(execution.id) };
      },
    }),
    page({
      method: 'POST',
      path: '/executions/:id/cancel',
      permission: 'tasks.cancel',
      params,
      body: formBody,
      handler: async (request) => {
        await resources.cancel(request.params.id, signedIn(request));
        return { kind: 'redirect', to: `/executions/${request.params.id}` };
      },
    }),
  ];
}
