import { z } from 'zod';
import { artifactName, artifactPiece, artifactProgress, artifacts } from '../../../shared/api/artifacts.ts';
import { type AnyRoute, route } from '../../platform/http/route.ts';
import type { ArtifactsService } from './artifacts.service.ts';

const path = '/api/v1/executions/:id/artifacts';
const executionParams = z.strictObject({ id: z.string().min(1).max(64) });
const pieceLimitBytes = 1024 * 1024;

export const createArtifactsRoutes = (service: ArtifactsService): AnyRoute[] => [
  route({
    method: 'GET',
    path,
    permission: 'tasks.read',
    summary: 'List the files that an execution left',
    tag: 'executions',
    params: executionParams,
    responses: { 200: artifacts },
    handler: async ({ params }) => ({ status: 200, body: { items: await service.list(params.id) } }),
  }),
  route({
    method: 'GET',
    path: `${path}/:name`,
    permission: 'tasks.read',
    summary: 'Download a file that an execution left',
    tag: 'executions',
    params: executionParams.extend({ name: artifactName }),
    responses: { 200: z.string() },
    produces: ['application/octet-stream'],
    async handler({ params }) {
      const { artifact, content } = await service.read(params.id, params.name);
      return {
        status: 200,
        body: content,
        headers: {
          // whatever is in it, a browser saves it and shows nothing of it
          'content-type': 'application/octet-stream',
          'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(artifact.name).replace(/['()*]/g, percent)}`,
          'x-content-type-options': 'nosniff',
          'content-length': String(artifact.bytes),
          etag: `"${artifact.sha256}"`,
        },
      };
    },
  }),
  route({
    method: 'POST',
    path: '/agent/v1/artifacts',
    permission: 'open',
    summary: 'A piece of a file, from the agent of the attempt, with the token of its connection as bearer',
    tag: 'agent',
    body: artifactPiece,
    bodyLimit: pieceLimitBytes,
    responses: { 200: artifactProgress },
    handler: async ({ headers, body }) => ({ status: 200, body: await service.take(headers.authorization, body) }),
  }),
];

const percent = (sign: string): string => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`;
