import { z } from 'zod';
import { logQuery, logSlice } from '../../../shared/api/executions.ts';
import { type AnyRoute, route } from '../../platform/http/route.ts';
import type { LogsService } from './logs.service.ts';

export type LogRoutesResources = {
  readonly logs: LogsService;
  /** whether the execution is final; throws `not_found` when there is none */
  readonly isFinal: (executionId: string) => Promise<boolean>;
};

export function logRoutes({ logs, isFinal }: LogRoutesResources): AnyRoute[] {
  return [
    route({
      method: 'GET',
      path: '/api/v1/executions/:id/log',
      permission: 'tasks.read',
      tag: 'executions',
      summary: 'Read the log of an execution from a byte offset; `Accept: text/plain` answers the text alone',
      params: z.strictObject({ id: z.string().min(1).max(64) }),
      query: logQuery,
      responses: { 200: logSlice },
      produces: ['application/json', 'text/plain'],
      async handler({ params, query, headers, signal }) {
        let final = await isFinal(params.id);
        let slice = await logs.read(params.id, query);
        if (slice.chunks.length === 0 && !final && query.wait > 0) {
          await logs.waitForMore(params.id, query.wait, signal);
          final = await isFinal(params.id);
          slice = await logs.read(params.id, query);
        }
        const complete = final && slice.next >= slice.size;
        if (headers.accept?.startsWith('text/plain') === true) {
          const text = slice.chunks.map((chunk) => chunk.text).join('');
          const position = { 'muster-log-next': String(slice.next), 'muster-log-complete': String(complete) };
          return { status: 200, body: text, headers: { 'content-type': 'text/plain; charset=utf-8', ...position } };
        }
        return { status: 200, body: { executionId: params.id, ...slice, complete } };
      },
    }),
  ];
}
