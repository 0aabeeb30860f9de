import { z } from 'zod';
import { apiToken, tokenCreated, tokenInput } from '../../../shared/api/access.ts';
import { pageOf, pageQuery } from '../../../shared/api/listing.ts';
import { type AnyRoute, type RouteAnswer, route } from '../../platform/http/route.ts';
import type { ApiTokensService } from './api-tokens.service.ts';
import { asker } from './asker.ts';

const path = '/api/v1/tokens';
const permission = 'tokens.manage';
const tag = 'tokens';

export const createApiTokensRoutes = (tokens: ApiTokensService): AnyRoute[] => [
  route({
    method: 'GET',
    path,
    permission,
    summary: 'List the API tokens, newest first, without the tokens themselves',
    tag,
    query: pageQuery,
    responses: { 200: pageOf(apiToken) },
    handler: async ({ query }) => ({ status: 200, body: await tokens.list(query) }),
  }),
  route({
    method: 'POST',
    path,
    permission,
    summary: 'Create an API token, with a role no higher than one’s own; the answer alone shows it',
    tag,
    body: tokenInput,
    responses: { 201: tokenCreated },
    handler: async (request) => {
      const { body, address, idempotency } = request;
      const answer = (created: unknown): RouteAnswer => ({ status: 201, body: created });
      const created = await tokens.create(body, asker(request), {
        address,
        alongside: async (writer, made) => idempotency?.record(writer, answer(made)),
      });
      return answer(created);
    },
  }),
  route({
    method: 'DELETE',
    path: `${path}/:id`,
    permission,
    summary: 'Revoke an API token, at once and for good',
    tag,
    params: z.strictObject({ id: z.string().max(64) }),
    responses: { 204: null },
    handler: async (request) => {
      await tokens.revoke(request.params.id, asker(request), { address: request.address });
      return { status: 204 };
    },
  }),
];
