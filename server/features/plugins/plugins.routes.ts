import { z } from 'zod';
import { pageOf } from '../../../shared/api/listing.ts';
import {
  pluginDetail,
  pluginDiff,
  pluginDiffQuery,
  pluginDraft,
  pluginHolder,
  pluginHolderQuery,
  pluginProblems,
  pluginSummary,
  pluginVersion,
  pluginVersionChoice,
  pluginVersionDetail,
} from '../../../shared/api/plugins.ts';
import { pluginName, sha256 } from '../../../shared/names.ts';
import { maxBundleBytes, pluginBundle } from '../../../shared/plugin-bundle.ts';
import { type AnyRoute, route } from '../../platform/http/route.ts';
import { asker } from '../auth/asker.ts';
import { pluginInput } from './plugin-input.ts';
import type { PluginsService } from './plugins.service.ts';

const path = '/api/v1/plugins';
const tag = 'plugins';
const params = z.strictObject({ name: z.string().max(64) });
const query = z.strictObject({
  limit: z.coerce.number().int().min(1).max(500).default(500),
  after: z.string().max(64).optional(),
});
/** a bundle that is a little too large is told so, with both sizes */
const bodyLimit = maxBundleBytes + 4 * 1024 * 1024;

export const createPluginsRoutes = (plugins: PluginsService): AnyRoute[] => [
  route({
    method: 'GET',
    path,
    permission: 'plugins.read',
    summary: 'List the plugins by name',
    tag,
    query,
    responses: { 200: pageOf(pluginSummary) },
    handler: async ({ query: { limit, after } }) => {
      const rest = (await plugins.list()).filter(({ name }) => after === undefined || name > after);
      const items = rest.slice(0, limit);
      return { status: 200, body: { items, next: rest.length > limit ? (items.at(-1)?.name ?? null) : null } };
    },
  }),
  route({
    method: 'GET',
    path: `${path}/:name`,
    permission: 'plugins.read',
    summary: 'One plugin with its files and versions',
    tag,
    params,
    responses: { 200: pluginDetail },
    handler: async ({ params: { name } }) => {
      const body = await plugins.detail(name);
      return { status: 200, body, headers: { etag: `"${body.sha256}"` } };
    },
  }),
  route({
    method: 'PUT',
    path: `${path}/:name`,
    permission: 'plugins.write',
    summary: 'Push a plugin: all its files with plugin.json among them, or one file',
    tag,
    params: z.strictObject({ name: pluginName }),
    body: pluginInput,
    bodyLimit,
    headers: {
      'If-Match': 'the ETag of the plugin that this one is to replace; without it, whatever is there is replaced',
      'If-None-Match': '`*`: only if there is no plugin of this name yet',
    },
    responses: { 200: pluginDetail, 201: pluginDetail },
    handler: async (request) => {
      const { params, body, address, headers } = request;
      const { 'if-match': ifMatch, 'if-none-match': ifNoneMatch } = headers;
      const { created } = await plugins.put(params.name, body, asker(request), { address, ifMatch, ifNoneMatch });
      const detail = await plugins.detail(params.name);
      return { status: created ? 201 : 200, body: detail, headers: { etag: `"${detail.sha256}"` } };
    },
  }),
  route({
    method: 'DELETE',
    path: `${path}/:name`,
    permission: 'plugins.write',
    summary: 'Delete a plugin that was pushed; runs under way keep it',
    tag,
    params,
    responses: { 204: null },
    handler: async (request) => {
      await plugins.remove(request.params.name, asker(request), { address: request.address });
      return { status: 204 };
    },
  }),
  route({
    method: 'GET',
    path: `${path}/:name/versions`,
    permission: 'plugins.read',
    summary: 'The stored versions of a plugin, newest first; those of a deleted one too',
    tag,
    params,
    responses: { 200: pageOf(pluginVersion) },
    handler: async ({ params: { name } }) => ({ status: 200, body: { items: await plugins.history.versions(name), next: null } }),
  }),
  route({
    method: 'GET',
    path: `${path}/:name/versions/:version`,
    permission: 'plugins.read',
    summary: 'One stored version with its files, named as `1.2.0` or by the beginning of its SHA-256',
    tag,
    params: params.extend(pluginVersionChoice.shape),
    responses: { 200: pluginVersionDetail },
    handler: async ({ params: { name, version } }) => ({ status: 200, body: await plugins.history.version(name, version) }),
  }),
  route({
    method: 'GET',
    path: `${path}/:name/diff`,
    permission: 'plugins.read',
    summary: 'What is different between two versions, by default the current one and the one before it',
    tag,
    params,
    query: pluginDiffQuery,
    responses: { 200: pluginDiff },
    handler: async ({ params: { name }, query: { from, to } }) => ({
      status: 200,
      body: await plugins.history.diff(name, from, to),
    }),
  }),
  route({
    method: 'POST',
    path: `${path}/:name/compare`,
    changesNothing: true,
    permission: 'plugins.write',
    summary: 'What a push would change; nothing is stored',
    tag,
    params: z.strictObject({ name: pluginName }),
    body: pluginInput,
    bodyLimit,
    responses: { 200: pluginDiff },
    handler: async ({ params: { name }, body }) => ({ status: 200, body: await plugins.history.compare(name, body) }),
  }),
  route({
    method: 'POST',
    path: `${path}/:name/check`,
    changesNothing: true,
    permission: 'plugins.write',
    summary:
      'What is wrong with a plugin as it is being edited: manifest, schemas, examples, entry and syntax; nothing is stored',
    tag,
    params: z.strictObject({ name: pluginName }),
    body: pluginDraft,
    bodyLimit,
    responses: { 200: pluginProblems },
    handler: async ({ params: { name }, body }) => ({
      status: 200,
      body: { problems: await plugins.workbench.check(name, body), current: plugins.current(name)?.sha256 ?? null },
    }),
  }),
  route({
    method: 'POST',
    path: `${path}/:name/rollback`,
    permission: 'plugins.write',
    summary: 'Make a stored version the current one again, also of a plugin that was deleted',
    tag,
    params,
    body: pluginVersionChoice,
    responses: { 200: pluginDetail },
    handler: async (request) => {
      const { params, body, address } = request;
      await plugins.rollback(params.name, body.version, asker(request), { address });
      const detail = await plugins.detail(params.name);
      return { status: 200, body: detail, headers: { etag: `"${detail.sha256}"` } };
    },
  }),
  route({
    method: 'GET',
    path: `${path}/:name/agents`,
    permission: 'plugins.read',
    summary: 'Which version of a plugin each agent holds',
    tag,
    params,
    query: pluginHolderQuery,
    responses: { 200: pageOf(pluginHolder) },
    handler: async ({ params: { name }, query }) => ({ status: 200, body: await plugins.drift(name, query) }),
  }),
  route({
    method: 'GET',
    path: '/agent/v1/plugins/:sha256',
    permission: 'open',
    summary: 'A bundle for an agent with an open connection, whose download token it sends as bearer',
    tag: 'agent',
    params: z.strictObject({ sha256 }),
    responses: { 200: pluginBundle },
    handler: async ({ params, headers }) => ({
      status: 200,
      body: await plugins.download(headers.authorization, params.sha256),
      headers: { 'content-type': 'application/json', 'cache-control': 'private, max-age=31536000, immutable' },
    }),
  }),
];
