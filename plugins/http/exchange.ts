import { Agent, type IncomingHttpHeaders, type IncomingMessage, request as sendPlain } from 'node:http';
import { Agent as SecureAgent, request as sendSecure } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { AddressRefused, isPrivate, publicLookup, refusePrivateHost } from './address-guard.ts';
import { networkError, Unreachable } from './network-error.ts';
import { type CertificateNote, noteOf, type TlsOptions } from './tls.ts';

/** One request and the head of its answer. */
export type Message = {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | undefined;
};

export type Route = {
  readonly tls: TlsOptions;
  readonly connectTimeoutSeconds: number;
  readonly blockPrivate: boolean;
  /** `none`, an address, or undefined: as the environment says */
  readonly proxy: string | undefined;
};

export type Answer = {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly certificate: CertificateNote | undefined;
  /** to be read or destroyed */
  readonly stream: IncomingMessage;
};

/** @throws Unreachable, AddressRefused, Error with a sentence */
export async function exchange(message: Message, route: Route, signal: AbortSignal): Promise<Answer> {
  const { method, url, headers, body } = message;
  const isSecure = url.protocol === 'https:';
  const proxyEnv = proxiesOf(route);
  if (route.blockPrivate) refusePrivateHost(url.hostname);
  const agent = isSecure ? new SecureAgent({ proxyEnv }) : new Agent({ proxyEnv });
  try {
    return await new Promise<Answer>((resolve, reject) => {
      const options = {
        ...(isSecure ? route.tls : {}),
        ...(route.blockPrivate ? { lookup: publicLookup } : {}),
        method,
        headers,
        agent,
        signal,
      };
      const request = (isSecure ? sendSecure : sendPlain)(url, options, (stream) => {
        const certificate = isSecure ? noteOf((stream.socket as TLSSocket).getPeerCertificate(), Date.now()) : undefined;
        resolve({ status: stream.statusCode ?? 0, headers: stream.headers, certificate, stream });
      });
      const patience = setTimeout(
        () =>
          request.destroy(
            new Unreachable(`${shown(url)}: no connection within ${route.connectTimeoutSeconds} s (\`connectTimeoutSeconds\`).`),
          ),
        route.connectTimeoutSeconds * 1000,
      );
      request.on('socket', (socket) => {
        socket.once('connect', () => {
          const { remoteAddress } = socket;
          if (route.blockPrivate && remoteAddress !== undefined && isPrivate(remoteAddress))
            request.destroy(new AddressRefused(`${url.hostname} led to ${remoteAddress}, which \`blockPrivate\` refuses.`));
        });
        socket.once(isSecure ? 'secureConnect' : 'connect', () => clearTimeout(patience));
      });
      // behind a proxy the socket may be connected before it is ours
      request.once('finish', () => clearTimeout(patience));
      request.once('close', () => clearTimeout(patience));
      request.once('error', reject);
      request.end(body);
    });
  } catch (error) {
    if (signal.aborted) throw error;
    throw networkError(error, shown(url));
  }
}

/** Without what may be secret in it: neither user nor query. */
export const shown = (url: URL): string => url.origin + url.pathname;

function proxiesOf({ proxy, blockPrivate }: Route): Record<string, string | undefined> {
  if (proxy === 'none') return {};
  const { env } = process;
  const proxies =
    proxy === undefined
      ? {
          HTTP_PROXY: env.http_proxy ?? env.HTTP_PROXY,
          HTTPS_PROXY: env.https_proxy ?? env.HTTPS_PROXY,
          NO_PROXY: env.no_proxy ?? env.NO_PROXY,
        }
      : { HTTP_PROXY: proxy, HTTPS_PROXY: proxy };
  if (blockPrivate && (proxies.HTTP_PROXY ?? proxies.HTTPS_PROXY) !== undefined)
    throw new Error('`blockPrivate` cannot look behind a proxy: set `proxy` to none.');
  return proxies;
}
