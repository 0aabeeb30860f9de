import { z } from 'zod';
import { joinToken, joinTokenCreated, joinTokenInput } from '../../../shared/api/access.ts';
import { pageOf, pageQuery } from '../../../shared/api/listing.ts';
import { type AnyRoute, type RouteAnswer, route } from '../../platform/http/route.ts';
import { asker } from './asker.ts';
import type { JoinTokensService } from './join-tokens.service.ts';

const path = '/api/v1/join-tokens';
const permission = 'join-tokens.manage';
const tag = 'join-tokens';

export const createJoinTokensRoutes = (joinTokens: JoinTokensService): AnyRoute[] => [
  route({
    method: 'GET',
    path,
    permission,
    summary: 'List the join tokens, newest first, without the tokens themselves',
    tag,
    query: pageQuery,
    responses: { 200: pageOf(joinToken) },
    handler: async ({ query }) => ({ status: 200, body: await joinTokens.list(query) }),
  }),
  route({
    method: 'POST',
    path,
    permission,
    summary: 'Create a token by which agents join; the answer alone shows it',
    tag,
    body: joinTokenInput,
    responses: { 201: joinTokenCreated },
    handler: async (request) => {
      const { body, address, idempotency } = request;
      const answer = (created: unknown): RouteAnswer => ({ status: 201, body: created });
      const created = await joinTokens.create(body, asker(request), {
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
    summary: 'Revoke a join token; agents that joined by it stay',
    tag,
    params: z.strictObject({ id: z.string().max(64) }),
    responses: { 204: null },
    handler: async (request) => {
      await joinTokens.revoke(request.params.id, asker(request), { address: request.address });
      return { status: 204 };
    },
  }),
];
