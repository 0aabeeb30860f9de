import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join, posix } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { MusterError } from '../../../shared/errors.ts';
import type { Answer, Endpoint, Exchange } from '../http/endpoint.ts';

/**
 * All static files, in memory. The URL of each holds one hash over them all, `/assets/<hash>/app.css`, so that it may be cached for ever,
 * and so that a relative `import` or `url()` inside a file stays within the same version. `/assets/app.css` works too, for a day of none.
 */
export type Assets = {
  /** @throws for a name that does not exist, so that a page test finds it */
  url(name: string): string;
  /** Names of the modules that these import, and those import, and so on: a browser that is told of them at once need not find out one by one. */
  importedBy(names: readonly string[]): readonly string[];
  find(path: string): { readonly asset: Asset; readonly versioned: boolean } | undefined;
};

export type Asset = {
  readonly type: string;
  readonly bytes: Buffer;
  readonly etag: string;
  /** made on first use, then kept; undefined: not worth it */
  readonly compressed: Readonly<Record<'br' | 'gzip', () => Promise<Buffer>>> | undefined;
};

export type AssetsResources = {
  /** its files are served by their paths within */
  readonly folder: string;
  /** further ones by name: a path to read, or the content */
  readonly more: ReadonlyMap<string, string | Buffer>;
};

export function createAssets({ folder, more }: AssetsResources): Assets {
  const files = new Map<string, Buffer>();
  for (const [name, source] of more) files.set(name, typeof source === 'string' ? readFileSync(source) : source);
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    files.set(path.slice(folder.length + 1).replaceAll('\\', '/'), readFileSync(path));
  }
  const known = new Map(
    [...files].filter(([name]) => types[extname(name)] !== undefined).map(([name, bytes]) => [name, assetOf(name, bytes)]),
  );
  const version = hashOf(
    [...known]
      .map(([name, { etag }]) => `${name} ${etag}`)
      .sort()
      .join('\n'),
  );

  const imports = new Map<string, readonly string[]>();
  function importsOf(name: string): readonly string[] {
    const read = imports.get(name);
    if (read !== undefined) return read;
    const asset = known.get(name);
    const found = asset === undefined || !name.endsWith('.js') ? [] : staticImports(name, asset.bytes.toString('utf8'));
    imports.set(name, found);
    return found;
  }

  return {
    url(name) {
      if (!known.has(name)) throw new Error(`no asset ${name}`);
      return `/assets/${version}/${name}`;
    },
    importedBy(names) {
      const found = new Set(names);
      // a set grows while it is walked
      for (const name of found) for (const imported of importsOf(name)) found.add(imported);
      return [...found].slice(names.length);
    },
    find(path) {
      const [, first = '', rest = ''] = /^\/assets\/([^/]+)(?:\/(.+))?$/.exec(path) ?? [];
      const versioned = first === version;
      // a page of another version may ask by its hash: it gets what there is now, not to be kept
      const asset = /^[0-9a-f]{16}$/.test(first) ? known.get(rest) : known.get(rest === '' ? first : `${first}/${rest}`);
      return asset === undefined ? undefined : { asset, versioned };
    },
  };
}

export const assetEndpoint = (assets: Assets): Endpoint => ({
  method: 'GET',
  path: '/assets/*path',
  produces: 'html',
  answer: (exchange) => answer(assets, exchange),
});

async function answer(assets: Assets, { path, request }: Exchange): Promise<Answer> {
  const found = assets.find(path);
  if (found === undefined) throw new MusterError('not_found', `There is no file ${path}.`);
  const { asset, versioned } = found;
  const headers: Record<string, string> = {
    'content-type': asset.type,
    'cache-control': versioned ? 'public, max-age=31536000, immutable' : 'no-cache',
    etag: asset.etag,
    vary: 'Accept-Encoding',
  };
  if (request.headers['if-none-match'] === asset.etag) return { status: 304, headers, body: null };
  const encoding = asset.compressed === undefined ? undefined : encodingFor(request.headers['accept-encoding'] ?? '');
  if (asset.compressed === undefined || encoding === undefined) return { status: 200, headers, body: asset.bytes };
  return { status: 200, headers: { ...headers, 'content-encoding': encoding }, body: await asset.compressed[encoding]() };
}

/** Every browser that sends these names means them without a quality of zero. */
const encodingFor = (accepted: string): 'br' | 'gzip' | undefined =>
  /\bbr\b/.test(accepted) ? 'br' : /\bgzip\b/.test(accepted) ? 'gzip' : undefined;

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
};

function assetOf(name: string, bytes: Buffer): Asset {
  const type = types[extname(name)] ?? 'application/octet-stream';
  const small = bytes.length < 512 || /^(image\/(png|x-icon)|font\/)/.test(type);
  return {
    type,
    bytes,
    etag: `"${hashOf(bytes)}"`,
    compressed: small ? undefined : { br: once(() => brotli(bytes)), gzip: once(() => zip(bytes)) },
  };
}

const zip = promisify(gzip) as (bytes: Buffer) => Promise<Buffer>;
const compress = promisify(brotliCompress);
// a quality of 11 would take seconds for the few percent that it gains
const brotli = (bytes: Buffer): Promise<Buffer> => compress(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 7 } });

/** Not those of `import()`: they are for later. */
const staticImports = (name: string, source: string): string[] =>
  [...source.matchAll(/^(?:import|export)\b[^'";()]*['"](\.{1,2}\/[^'"]+)['"]/gm)].map(([, path]) =>
    posix.join(posix.dirname(name), path as string),
  );

function once(make: () => Promise<Buffer>): () => Promise<Buffer> {
  let made: Promise<Buffer> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

const hashOf = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex').slice(0, 16);
