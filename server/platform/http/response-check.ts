import { isDeepStrictEqual } from 'node:util';
import type { z } from 'zod';
import { answerText } from './answer-text.ts';
import type { AnyRoute, RouteAnswer } from './route.ts';

/** For tests: throws when an answer is not what the route declares, a field too many included, so that the API document cannot lie. */
export function checkAnswer(route: AnyRoute, answer: RouteAnswer): void {
  const name = `${route.method} ${route.path} ${answer.status}`;
  const schema = route.responses[answer.status];
  if (schema === undefined) throw new Error(`${name}: the status is not declared`);
  if (schema === null) {
    if (answer.body !== undefined) throw new Error(`${name}: declared without a body, answered with one`);
    return;
  }
  const type = answer.headers?.['content-type'];
  if (type !== undefined) {
    if (!(route.produces ?? ['application/json']).some((produced) => type.startsWith(produced)))
      throw new Error(`${name}: ${type} is not declared in produces`);
    return;
  }
  checkJson(name, schema, JSON.parse(String(answerText(answer))));
}

function checkJson(name: string, schema: z.ZodType, sent: unknown): void {
  const result = schema.safeParse(sent);
  if (!result.success) throw new Error(`${name}: the answer does not fit its schema: ${result.error.message}`);
  const described = JSON.parse(JSON.stringify(result.data));
  if (!isDeepStrictEqual(described, sent))
    throw new Error(`${name}: the answer holds what its schema does not describe: ${JSON.stringify(sent)}`);
}
