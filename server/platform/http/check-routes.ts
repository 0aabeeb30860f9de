import { z } from 'zod';
import { permissions } from '../../../shared/permissions.ts';
import { operationId, parameterNames } from './openapi-operation.ts';
import type { AnyRoute } from './route.ts';

/** What is wrong with the declarations, one sentence each; none if all is well. A test over all routes of the product asks this. */
export function checkRoutes(routes: readonly AnyRoute[]): string[] {
  return [
    ...routes.flatMap((route) => faultsOf(route).map((fault) => `${route.method} ${route.path}: ${fault}`)),
    ...repeated(routes),
  ];
}

function faultsOf(route: AnyRoute): string[] {
  const { permission, params, query, body, responses, method, summary, tag, path } = route;
  const statuses = Object.keys(responses).map(Number);
  const names = parameterNames(path);
  return [
    permission === undefined
      ? 'has no permission'
      : permission !== 'open' && !(permission in permissions) && `names the unknown permission ${permission}`,
    !/^[A-Z].*[^.]$/.test(summary ?? '') && 'has no summary that begins with a capital and ends without a full stop',
    !tag && 'has no tag',
    !/^(\/[\w.:-]+)+$/.test(path) && 'has a path of an unknown form',
    !statuses.some((status) => status >= 200 && status < 300) && 'declares no good response',
    statuses.some((status) => status >= 400 && status !== 503) &&
      'declares a problem as a response; problems follow from the errors',
    method === 'GET' && body !== undefined && 'is a GET with a body',
    params === undefined ? names.length > 0 && 'has parameters in its path but no schema for them' : sameNames(params, names),
    ...[query, body].map(
      (schema) => schema !== undefined && acceptsUnknown(schema) && 'has a schema that does not refuse unknown fields',
    ),
    ...(route.aliases ?? []).map(
      (alias) => parameterNames(alias).join() !== names.join() && `has the alias ${alias} with other parameters`,
    ),
  ].filter((fault) => fault !== false);
}

function sameNames(params: z.ZodType, names: readonly string[]): string | false {
  const declared = Object.keys((jsonSchema(params).properties as object | undefined) ?? {});
  return (
    declared.toSorted().join() !== names.toSorted().join() &&
    `declares the parameters ${declared.join(', ')} for a path with ${names.join(', ') || 'none'}`
  );
}

/** A body that is no object with given fields (a list, a record, any JSON) says for itself what it takes. */
function acceptsUnknown(schema: z.ZodType): boolean {
  const { type, additionalProperties, propertyNames } = jsonSchema(schema);
  return type === 'object' && propertyNames === undefined && additionalProperties !== false;
}

const jsonSchema = (schema: z.ZodType) => z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });

function repeated(routes: readonly AnyRoute[]): string[] {
  const seen = new Set<string>();
  return routes.flatMap((route) =>
    [route.path, ...(route.aliases ?? [])].flatMap((path) => {
      const id = operationId(route.method, path);
      if (!seen.has(id)) {
        seen.add(id);
        return [];
      }
      return [`${route.method} ${path}: is declared twice, or has the same operationId ${id} as another`];
    }),
  );
}
