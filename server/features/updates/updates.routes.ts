import { z } from 'zod';
import { pageOf } from '../../../shared/api/listing.ts';
import { agentUpdate, agentVersions, hostUpdate, hostUpdateQuery, newUpdate, updateQuery } from '../../../shared/api/updates.ts';
import { type AnyRoute, route } from '../../platform/http/route.ts';
import { asker } from '../auth/asker.ts';
import type { UpdatesService } from './updates.service.ts';

const path = '/api/v1/agent-updates';
const tag = 'agent-updates';
const params = z.strictObject({ id: z.string().max(64) });

const changes = {
  pause: 'Pause an update: no host is told any more, and what was not switched is taken back',
  resume: 'Resume a paused update; the errors so far are let pass',
  end: 'End an update for good',
} as const;

export const createUpdatesRoutes = (updates: UpdatesService): AnyRoute[] => [
  route({
    method: 'POST',
    path,
    permission: 'agents.write',
    summary: 'Update the agents in waves to the executables of this server; an update before it ends',
    tag,
    body: newUpdate,
    responses: { 201: agentUpdate },
    handler: async (request) => {
      const { body, address, idempotency } = request;
      const made = await updates.create(body, asker(request), {
        address,
        alongside: async (writer, update) => idempotency?.record(writer, { status: 201, body: update }),
      });
      return { status: 201, body: made };
    },
  }),
  route({
    method: 'GET',
    path,
    permission: 'agents.read',
    summary: 'List the updates of the agents, newest first',
    tag,
    query: updateQuery,
    responses: { 200: pageOf(agentUpdate) },
    handler: async ({ query }) => ({ status: 200, body: await updates.list(query) }),
  }),
  route({
    method: 'GET',
    path: `${path}/:id`,
    permission: 'agents.read',
    summary: 'One update, with how far its waves are',
    tag,
    params,
    responses: { 200: agentUpdate },
    handler: async ({ params: { id } }) => ({ status: 200, body: await updates.get(id) }),
  }),
  route({
    method: 'GET',
    path: `${path}/:id/hosts`,
    permission: 'agents.read',
    summary: 'The hosts of an update: how it is on each of them, and why',
    tag,
    params,
    query: hostUpdateQuery,
    responses: { 200: pageOf(hostUpdate) },
    handler: async ({ params: { id }, query }) => ({ status: 200, body: await updates.hosts(id, query) }),
  }),
  ...(['pause', 'resume', 'end'] as const).map((change) =>
    route({
      method: 'POST',
      path: `${path}/:id/${change}`,
      permission: 'agents.write',
      summary: changes[change],
      tag,
      params,
      responses: { 200: agentUpdate },
      handler: async (request) => {
        const { params, address } = request;
        return { status: 200, body: await updates[change](params.id, asker(request), { address }) };
      },
    }),
  ),
  route({
    method: 'GET',
    path: '/api/v1/agent-versions',
    permission: 'agents.read',
    summary: 'Which executables the agents run, and on how many hosts each',
    tag,
    responses: { 200: agentVersions },
    handler: async () => ({ status: 200, body: await updates.versions() }),
  }),
];
