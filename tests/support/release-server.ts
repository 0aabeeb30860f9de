import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import type { UpdateOrder } from '../../shared/protocol.ts';
import { protocolVersion } from '../../shared/protocol.ts';
import { type Release, type ReleaseEncoding, releasePlatformOf, releaseText } from '../../shared/release.ts';
import { eventually } from './eventually.ts';

/** A server that has executables, with ranges, and a key that signs them. A test says what goes wrong on the way. */
export type ReleaseServer = {
  readonly url: string;
  readonly publicKey: string;
  /** Offers an executable of this text for this host. */
  publish(version: string, text: string, encodings?: readonly Exclude<ReleaseEncoding, 'xz'>[]): Release;
  order(release: Release, order?: Partial<UpdateOrder>): UpdateOrder;
  /** The next answers are made by these instead, one each; they get what the answer would be. */
  readonly trouble: ((answer: ServerResponse, body: Buffer, headers: IncomingHttpHeaders) => void)[];
  /** paths and ranges that were asked for */
  readonly asked: { readonly path: string; readonly range: string | undefined }[];
  ask(path: string, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<IncomingMessage>;
  close(): Promise<void>;
};

export const thisPlatform = releasePlatformOf(process.platform, process.arch) ?? 'linux-x64';

export async function startReleaseServer(): Promise<ReleaseServer> {
  const keys = generateKeyPairSync('ed25519');
  const key = keys.publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
  const files = new Map<string, Buffer>();
  const trouble: ReleaseServer['trouble'] = [];
  const asked: { path: string; range: string | undefined }[] = [];

  const http = createServer(({ url = '', headers }, answer) => {
    asked.push({ path: url, range: headers.range });
    const body = files.get(url.replace('/downloads/', ''));
    if (body === undefined) return void answer.writeHead(404).end();
    const next = trouble.shift();
    if (next === undefined) sendBody(answer, body, headers);
    else next(answer, body, headers);
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;

  return {
    url,
    publicKey: key,
    publish(version, text, encodings = ['gzip', 'zstd']) {
      const name = `muster-agent-${thisPlatform}`;
      const body = Buffer.from(text);
      files.set(name, body);
      const downloads = encodings.map((encoding) => {
        const packed = encoding === 'gzip' ? gzipSync(body) : zstdCompressSync(body);
        files.set(`${name}.${encoding}`, packed);
        return { encoding, name: `${name}.${encoding}`, ...measured(packed) };
      });
      const file = { platform: thisPlatform, name, ...measured(body), downloads };
      return { version, commit: 'unknown', protocol: protocolVersion, files: [file] };
    },
    order: (release, order) => ({
      update: 'upd_1',
      release: { release, key, signature: sign(null, Buffer.from(releaseText(release)), keys.privateKey).toString('base64') },
      mode: 'idle',
      drainAfterSeconds: 600,
      healthySeconds: 60,
      ...order,
    }),
    trouble,
    asked,
    ask: (path, headers, signal) =>
      new Promise((resolve, reject) => {
        request(new URL(path, url), { headers, signal, agent: false }, resolve).on('error', reject).end();
      }),
    close: () =>
      new Promise((resolve) => {
        http.close(() => resolve());
        http.closeAllConnections();
      }),
  };
}

export function sendBody(answer: ServerResponse, body: Buffer, headers: IncomingHttpHeaders): void {
  const from = Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0);
  const isSame = headers['if-range'] === undefined || headers['if-range'] === `"${measured(body).sha256}"`;
  if (headers.range === undefined || !isSame) answer.writeHead(200, { 'content-length': body.length }).end(body);
  else
    answer
      .writeHead(206, {
        'content-range': `bytes ${from}-${body.length - 1}/${body.length}`,
        'content-length': body.length - from,
      })
      .end(body.subarray(from));
}

/** So many bytes of what would come, and when the other side has them, the line is cut. */
export const cutAfter =
  (bytes: number, isThere: () => boolean) =>
  (answer: ServerResponse, body: Buffer, headers: IncomingHttpHeaders): void => {
    const from = Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0);
    answer.writeHead(from === 0 ? 200 : 206, {
      'content-length': body.length - from,
      ...(from === 0 ? {} : { 'content-range': `bytes ${from}-${body.length - 1}/${body.length}` }),
    });
    answer.write(body.subarray(from, from + bytes));
    void eventually('it has what was sent', isThere).finally(() => answer.destroy());
  };

const measured = (body: Buffer): { bytes: number; sha256: string } => ({
  bytes: body.length,
  sha256: createHash('sha256').update(body).digest('hex'),
});
