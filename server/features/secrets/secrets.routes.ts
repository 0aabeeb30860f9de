import { pageOf } from '../../../shared/api/listing.ts';
import { secretInput, secretParams, secretQuery, secretSummary } from '../../../shared/api/secrets.ts';
import { type AnyRoute, route } from '../../platform/http/route.ts';
import { asker } from '../auth/asker.ts';
import type { SecretsService } from './secrets.service.ts';

const path = '/api/v1/secrets';
const tag = 'secrets';

export const createSecretsRoutes = (secrets: SecretsService): AnyRoute[] => [
  route({
    method: 'GET',
    path,
    permission: 'secrets.read',
    summary: 'List the secrets by name, without their values, with the tasks that use them',
    tag,
    query: secretQuery,
    responses: { 200: pageOf(secretSummary) },
    handler: async ({ query }) => ({ status: 200, body: await secrets.list(query) }),
  }),
  route({
    method: 'PUT',
    path: `${path}/:name`,
    permission: 'secrets.write',
    summary: 'Write or replace a secret; nobody can read its value again',
    tag,
    params: secretParams,
    body: secretInput,
    responses: { 200: secretSummary, 201: secretSummary },
    handler: async (request) => {
      const { name } = request.params;
      const written = await secrets.write(name, request.body.value, asker(request), { address: request.address });
      return { status: written.isNew ? 201 : 200, body: written.secret };
    },
  }),
  route({
    method: 'DELETE',
    path: `${path}/:name`,
    permission: 'secrets.write',
    summary: 'Remove a secret; what still names it is rejected when it starts',
    tag,
    params: secretParams,
    responses: { 204: null },
    handler: async (request) => {
      await secrets.remove(request.params.name, asker(request), { address: request.address });
      return { status: 204 };
    },
  }),
];
