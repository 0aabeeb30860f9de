import { z } from 'zod';
import { user, userInput, userPatch } from '../../../shared/api/access.ts';
import { pageOf, pageQuery } from '../../../shared/api/listing.ts';
import { type AnyRoute, type RouteAnswer, route } from '../../platform/http/route.ts';
import { asker } from './asker.ts';
import type { UsersService } from './users.service.ts';

const path = '/api/v1/users';
const permission = 'users.manage';
const tag = 'users';

export const createUsersRoutes = (users: UsersService): AnyRoute[] => [
  route({
    method: 'GET',
    path,
    permission,
    summary: 'List the users of the dashboard, newest first',
    tag,
    query: pageQuery,
    responses: { 200: pageOf(user) },
    handler: async ({ query }) => ({ status: 200, body: await users.list(query) }),
  }),
  route({
    method: 'POST',
    path,
    permission,
    summary: 'Create a user, with a role no higher than one’s own',
    tag,
    body: userInput,
    responses: { 201: user },
    handler: async (request) => {
      const { body, address, idempotency } = request;
      const answer = (created: unknown): RouteAnswer => ({ status: 201, body: created });
      const created = await users.create(body, asker(request), {
        address,
        alongside: async (writer, made) => idempotency?.record(writer, answer(made)),
      });
      return answer(created);
    },
  }),
  route({
    method: 'PATCH',
    path: `${path}/:id`,
    permission,
    summary: 'Change the role of a user, disable or enable them, or set a new password, which ends their sessions',
    tag,
    params: z.strictObject({ id: z.string().max(64) }),
    body: userPatch,
    responses: { 200: user },
    handler: async (request) => {
      const { params, body, address } = request;
      return { status: 200, body: await users.patch(params.id, body, asker(request), { address }) };
    },
  }),
];
