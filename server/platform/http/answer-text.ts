import type { Answer } from './endpoint.ts';
import type { RouteAnswer } from './route.ts';

export const jsonType = 'application/json; charset=utf-8';

/** What goes over the wire: JSON, unless the answer names a content type of its own; null: no body. */
export function answerText({ body, headers }: RouteAnswer): Answer['body'] {
  if (body === undefined) return null;
  return headers?.['content-type'] === undefined ? JSON.stringify(body) : (body as Answer['body']);
}
