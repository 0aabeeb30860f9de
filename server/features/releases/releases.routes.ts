import { z } from 'zod';
import { releaseFileName, signedRelease } from '../../../shared/release.ts';
import { type AnyRoute, type RouteAnswer, route } from '../../platform/http/route.ts';
import { ownUrl } from '../../platform/web/own-url.ts';
import type { DownloadPlaces } from './download-places.ts';
import type { ReleasesService } from './releases.service.ts';
import { rangeIn } from './releases.ts';

export type ReleasesRoutesResources = {
  readonly releases: ReleasesService;
  readonly places: DownloadPlaces;
  /** the address that hosts should use; null: the one under which they ask */
  readonly publicUrl: string | null;
};

const tag = 'downloads';
const text = 'text/plain; charset=utf-8';

/** Open, because a host that is to be set up has nothing to sign in with. What is here is no secret. */
export const createReleasesRoutes = ({ releases, places, publicUrl }: ReleasesRoutesResources): AnyRoute[] => [
  route({
    method: 'GET',
    path: '/downloads/release.json',
    permission: 'open',
    summary: 'The executables of the agent, signed by the key of this server',
    tag,
    responses: { 200: signedRelease },
    handler: async () => ({ status: 200, body: await releases.signed() }),
  }),
  route({
    method: 'GET',
    path: '/downloads/release.txt',
    permission: 'open',
    summary: 'The same as lines for a shell: the text that is signed, then the signature and the key',
    tag,
    responses: { 200: z.string() },
    produces: ['text/plain'],
    handler: async () => textAnswer(await releases.signedText()),
  }),
  route({
    method: 'GET',
    path: '/downloads/:name',
    permission: 'open',
    summary: 'Download an executable of the agent, plain or packed',
    tag,
    params: z.strictObject({ name: releaseFileName }),
    headers: {
      Range: 'One range of bytes, to go on with a download.',
      'If-Range': 'The ETag of the part that is there already.',
    },
    responses: { 200: z.string(), 206: z.string(), 304: null },
    produces: ['application/octet-stream'],
    async handler({ params, headers, address, signal }) {
      const download = await releases.find(params.name);
      const etag = `"${download.sha256}"`;
      if (headers['if-none-match'] === etag) return { status: 304, headers: { etag } };
      places.enter(address, signal);
      const isSame = headers['if-range'] === undefined || headers['if-range'] === etag;
      const range = isSame ? rangeIn(headers.range, download.bytes) : undefined;
      return {
        status: range === undefined ? 200 : 206,
        body: releases.content(download, range),
        headers: {
          'content-type': 'application/octet-stream',
          'content-disposition': `attachment; filename="${download.name}"`,
          'content-length': String(range === undefined ? download.bytes : range.end - range.start + 1),
          ...(range === undefined ? {} : { 'content-range': `bytes ${range.start}-${range.end}/${download.bytes}` }),
          'accept-ranges': 'bytes',
          'cache-control': 'no-cache',
          etag,
        },
      };
    },
  }),
  ...(['sh', 'ps1'] as const).map((kind) =>
    route({
      method: 'GET',
      path: `/install.${kind}`,
      permission: 'open',
      summary: `The installer of the agent for ${kind === 'sh' ? 'a POSIX shell' : 'PowerShell'}, made out for this server`,
      tag,
      responses: { 200: z.string() },
      produces: ['text/plain'],
      // `Origin` is of pages, and whoever fetches this is none
      handler: async ({ headers: { origin: _, ...headers } }) =>
        textAnswer(await releases.installer(kind, publicUrl ?? ownUrl(headers))),
    }),
  ),
];

const textAnswer = (body: string): RouteAnswer => ({ status: 200, body, headers: { 'content-type': text } });
