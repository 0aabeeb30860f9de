import { z } from 'zod';
import { logQuery, logSlice } from '../../../shared/api/executions.ts';
import { type AnyRoute, route } from '../../platform/http/route.ts';
import type { LogsService, Slice } from './logs.service.ts';

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
        const { slice, final } = await logs.follow(params.id, query, () => isFinal(params.id), signal);
        const complete = final && slice.next >= slice.size;
        if (headers.accept?.startsWith('text/plain') === true) {
          const text = textFrom(slice, query.offset);
          const position = { 'muster-log-next': String(slice.next), 'muster-log-complete': String(complete) };
          return { status: 200, body: text, headers: { 'content-type': 'text/plain; charset=utf-8', ...position } };
        }
        return { status: 200, body: { executionId: params.id, ...slice, complete } };
      },
    }),
  ];
}

/** The text alone does not say where it begins, so that it begins at the offset, or at the first whole character after it. */
function textFrom({ chunks }: Slice, offset: number): string {
  const [first, ...rest] = chunks;
  if (first === undefined) return '';
  const bytes = Buffer.from(first.text);
  let start = Math.max(0, offset - first.offset);
  while (start < bytes.length && ((bytes[start] ?? 0) & 0xc0) === 0x80) start += 1;
  return [bytes.subarray(start).toString(), ...rest.map((chunk) => chunk.text)].join('');
}
