import { z } from 'zod';
import {
  agent,
  agentCount,
  agentCountQuery,
  agentDetail,
  agentPatch,
  agentQuery,
  agentTagged,
  agentTagging,
  ownerPreview,
  ownerPreviewQuery,
} from '../../../shared/api/agents.ts';
import { pageOf } from '../../../shared/api/listing.ts';
import { type AnyRoute, route } from '../../platform/http/route.ts';
import { asker } from '../auth/asker.ts';
import type { AgentsService } from './agents.service.ts';

const path = '/api/v1/agents';
const tag = 'agents';
const params = z.strictObject({ id: z.string().max(64) });

export const createAgentsRoutes = (agents: AgentsService): AnyRoute[] => [
  route({
    method: 'GET',
    path,
    aliases: ['/clients'],
    permission: 'agents.read',
    summary: 'List the agents, newest first',
    tag,
    query: agentQuery,
    responses: { 200: pageOf(agent) },
    handler: async ({ query }) => ({ status: 200, body: await agents.list(query) }),
  }),
  route({
    method: 'GET',
    path: `${path}/count`,
    permission: 'agents.read',
    summary: 'How many agents a filter leaves',
    tag,
    query: agentCountQuery,
    responses: { 200: agentCount },
    handler: async ({ query }) => ({ status: 200, body: agents.count(query.target ?? '') }),
  }),
  route({
    method: 'POST',
    path: `${path}/tags`,
    permission: 'agents.write',
    summary: 'Add tags to many agents, or take them away',
    tag,
    body: agentTagging,
    responses: { 200: agentTagged },
    handler: async (request) => {
      const { body, address } = request;
      return { status: 200, body: await agents.tag(body, asker(request), { address }) };
    },
  }),
  route({
    method: 'GET',
    path: `${path}/:id`,
    permission: 'agents.read',
    summary: 'One agent, with the plugins on its disk',
    tag,
    params,
    responses: { 200: agentDetail },
    handler: async ({ params: { id } }) => ({ status: 200, body: await agents.detail(id) }),
  }),
  route({
    method: 'PATCH',
    path: `${path}/:id`,
    permission: 'agents.write',
    summary: 'Rename an agent or replace its tags',
    tag,
    params,
    body: agentPatch,
    responses: { 200: agentDetail },
    handler: async (request) => {
      const { params, body, address } = request;
      return { status: 200, body: await agents.patch(params.id, body, asker(request), { address }) };
    },
  }),
  route({
    method: 'POST',
    path: `${path}/:id/revoke`,
    permission: 'agents.write',
    summary: 'Revoke the key of an agent: it is cut off at once and for good',
    tag,
    params,
    responses: { 200: agentDetail },
    handler: async (request) => {
      const { params, address } = request;
      return { status: 200, body: await agents.revoke(params.id, asker(request), { address }) };
    },
  }),
  route({
    method: 'DELETE',
    path: `${path}/:id`,
    permission: 'agents.write',
    summary: 'Remove an agent that is not connected, or was revoked; its past executions stay',
    tag,
    params,
    responses: { 204: null },
    handler: async (request) => {
      await agents.remove(request.params.id, asker(request), { address: request.address });
      return { status: 204 };
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/owners/preview',
    permission: 'agents.read',
    summary: 'Which agents an owner would reach now',
    tag: 'owners',
    query: ownerPreviewQuery,
    responses: { 200: ownerPreview },
    handler: async ({ query }) => ({ status: 200, body: agents.preview(query.owner, query.platforms) }),
  }),
];
