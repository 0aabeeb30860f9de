import { type ErrorCode, errorCatalogue } from '../../../shared/errors.ts';
import { operationOf, problemsOf, templatePath } from './openapi-operation.ts';
import { createSchemaBook } from './openapi-schemas.ts';
import type { AnyRoute } from './route.ts';

export type OpenApiOptions = {
  readonly version: string;
  /** where the API is reached, such as `https://muster.example` */
  readonly serverUrl: string;
  /** what each tag gathers, a sentence */
  readonly tags: Readonly<Record<string, string>>;
};

/** The OpenAPI 3.1 document of the routes. Nothing in it is written twice: it is read off the declarations that the server runs by. */
export function openApiDocument(
  routes: readonly AnyRoute[],
  { version, serverUrl, tags }: OpenApiOptions,
): Record<string, unknown> {
  const book = createSchemaBook();
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    for (const path of [route.path, ...(route.aliases ?? [])]) {
      const template = templatePath(path);
      paths[template] = { ...paths[template], [route.method.toLowerCase()]: operationOf(route, path, book) };
    }
  }
  const used = [...new Set(routes.map(({ tag }) => tag))];
  return {
    openapi: '3.1.0',
    info: {
      title: 'Muster',
      version,
      description:
        'One server, one agent per host, one ledger that tells the truth about every piece of work. Errors are problem details (RFC 9457) with a stable `code`. Lists page by `after` and `limit`, newest first. Unknown fields are refused.',
    },
    servers: [{ url: serverUrl }],
    tags: used.map((name) => ({ name, description: tags[name] ?? `All about ${name}.` })),
    paths,
    components: {
      schemas: { ...book.components, Problem: problemSchema },
      parameters: parametersUsed(routes),
      responses: problemResponses([...new Set(routes.flatMap(problemsOf))]),
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'An API token.' },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: 'muster_session',
          description: 'The session of the dashboard; mutations also need `x-csrf-token`.',
        },
      },
    },
  };
}

const problemSchema = {
  type: 'object',
  required: ['type', 'title', 'status', 'code', 'detail'],
  properties: {
    type: { type: 'string', description: 'Where the error is explained.' },
    title: { type: 'string' },
    status: { type: 'integer' },
    code: { type: 'string', enum: Object.keys(errorCatalogue) },
    detail: { type: 'string', description: 'What is wrong and what to do.' },
    field: { type: 'string', description: 'The field at fault, a path such as `retries.count`.' },
    column: { type: 'integer', description: 'The column at fault in a text, from 1.' },
    issues: {
      type: 'array',
      description: 'Every field at fault, when there is more than one.',
      items: {
        type: 'object',
        required: ['field', 'message'],
        properties: { field: { type: 'string' }, message: { type: 'string' } },
      },
    },
  },
};

function problemResponses(statuses: readonly number[]): Record<string, unknown> {
  const content = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };
  const named = statuses.map((status) => {
    const codes = (Object.keys(errorCatalogue) as ErrorCode[]).filter((code) => errorCatalogue[code].status === status);
    return [`Problem${status}`, { description: `Code ${codes.map((code) => `\`${code}\``).join(' or ')}.`, content }];
  });
  return { ...Object.fromEntries(named), Problem: { description: 'Any other problem.', content } };
}

function parametersUsed(routes: readonly AnyRoute[]): Record<string, unknown> {
  const guarded = routes.filter(({ permission }) => permission !== 'open');
  return {
    ...(guarded.some(({ method }) => method === 'POST')
      ? {
          IdempotencyKey: {
            name: 'Idempotency-Key',
            in: 'header',
            required: false,
            description:
              'Sent again with the same key within 24 hours, the same request happens once and gets the answer of the first.',
            schema: { type: 'string', minLength: 1, maxLength: 255 },
          },
        }
      : {}),
    ...(guarded.some(({ method }) => method !== 'GET')
      ? {
          CsrfToken: {
            name: 'X-CSRF-Token',
            in: 'header',
            required: false,
            description: 'With a session cookie only: the CSRF token of the session. Not needed with an API token.',
            schema: { type: 'string' },
          },
        }
      : {}),
  };
}
