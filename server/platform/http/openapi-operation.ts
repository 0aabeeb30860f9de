import { type ErrorCode, errorCatalogue } from '../../../shared/errors.ts';
import { permissions } from '../../../shared/permissions.ts';
import type { SchemaBook } from './openapi-schemas.ts';
import type { AnyRoute } from './route.ts';

type JsonObject = Record<string, unknown>;

/** `/api/v1/tasks/:id` → `/api/v1/tasks/{id}` */
export const templatePath = (path: string): string => path.replace(/:(\w+)/g, '{$1}');

export const parameterNames = (path: string): string[] => [...path.matchAll(/:(\w+)/g)].map((match) => match[1] ?? '');

/** `POST /api/v1/tasks/:id/run` → `postTasksByIdRun`; what is outside /api/v1 says so at the end. */
export function operationId(method: string, path: string): string {
  const inApi = path.startsWith('/api/v1/');
  const words = path
    .replace('/api/v1/', '/')
    .split(/[/.-]/)
    .filter((word) => word !== '')
    .map((word) => (word.startsWith(':') ? `By${capital(word.slice(1))}` : capital(word)));
  return `${method.toLowerCase()}${words.join('')}${inApi ? '' : 'AtRoot'}`;
}

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

export function operationOf(route: AnyRoute, path: string, book: SchemaBook): JsonObject {
  const parameters = parametersOf(route, book);
  return {
    operationId: operationId(route.method, path),
    summary: route.summary,
    ...(route.permission === 'open'
      ? {}
      : { description: `Permission: \`${route.permission}\` (${lowerFirst(permissions[route.permission])}).` }),
    tags: [route.tag],
    security: route.permission === 'open' ? [] : [{ bearer: [] }, { session: [] }],
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(route.body === undefined ? {} : { requestBody: requestBodyOf(route, book) }),
    responses: responsesOf(route, book),
  };
}

const lowerFirst = (sentence: string): string => sentence.charAt(0).toLowerCase() + sentence.slice(1);

function parametersOf(route: AnyRoute, book: SchemaBook): JsonObject[] {
  const fields = (schema: AnyRoute['query'], where: 'path' | 'query'): JsonObject[] =>
    schema === undefined
      ? []
      : book.fieldsOf(schema).map(({ name, required, schema: { description, ...rest } }) => ({
          name,
          in: where,
          required: where === 'path' || required,
          ...(description === undefined ? {} : { description }),
          schema: rest,
        }));
  const headers = Object.entries(route.headers ?? {}).map(([name, description]) => ({
    name,
    in: 'header',
    required: false,
    description,
    schema: { type: 'string' },
  }));
  const common = [
    ...(isKept(route) ? ['IdempotencyKey'] : []),
    ...(route.method !== 'GET' && route.permission !== 'open' ? ['CsrfToken'] : []),
  ].map((name) => ({ $ref: `#/components/parameters/${name}` }));
  return [...fields(route.params, 'path'), ...fields(route.query, 'query'), ...headers, ...common];
}

/** Its answer is kept for an `Idempotency-Key`. */
const isKept = ({ method, permission, changesNothing }: AnyRoute): boolean =>
  method === 'POST' && permission !== 'open' && changesNothing !== true;

function requestBodyOf(route: AnyRoute, book: SchemaBook): JsonObject {
  const schema = route.body === undefined ? {} : book.refer(route.body, 'input');
  return { required: route.body !== undefined && !route.body.safeParse({}).success, content: { 'application/json': { schema } } };
}

function responsesOf(route: AnyRoute, book: SchemaBook): JsonObject {
  const good = Object.entries(route.responses).map(([status, schema]) => {
    const description = `${statusText[status] ?? 'The answer'}.`;
    if (schema === null) return [status, { description }];
    const content = (route.produces ?? ['application/json']).map((type) => [
      type,
      { schema: type === 'application/json' ? book.refer(schema, 'output') : { type: 'string' } },
    ]);
    return [status, { description, content: Object.fromEntries(content) }];
  });
  const problems = problemsOf(route).map((status) => [String(status), { $ref: `#/components/responses/Problem${status}` }]);
  return Object.fromEntries([...good, ...problems, ['default', { $ref: '#/components/responses/Problem' }]]);
}

const statusText: Readonly<Record<string, string>> = {
  200: 'Done',
  201: 'Created',
  202: 'Accepted',
  204: 'Done, nothing to tell',
  503: 'Not ready',
};

/** The statuses of problems that the mechanism itself gives to such a route. */
export function problemsOf(route: AnyRoute): number[] {
  const codes: (ErrorCode | false)[] = [
    route.permission !== 'open' && 'unauthenticated',
    route.permission !== 'open' && 'forbidden',
    route.params !== undefined && 'not_found',
    route.body !== undefined && 'body_malformed',
    route.body !== undefined && 'body_too_large',
    route.body !== undefined && 'body_media_type',
    (route.body !== undefined || route.query !== undefined) && 'field_invalid',
    isKept(route) && 'idempotency_conflict',
    route.headers !== undefined && 'If-Match' in route.headers && 'version_conflict',
    route.headers !== undefined && 'If-Match' in route.headers && 'precondition_required',
  ];
  const statuses = codes.filter((code) => code !== false).map((code) => errorCatalogue[code].status);
  return [...new Set(statuses)].sort((a, b) => a - b);
}
