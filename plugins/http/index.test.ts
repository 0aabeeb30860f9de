import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Json } from '../../shared/json.ts';
import { type BundledPlugin, createBundledPlugin } from '../../tests/support/bundled-plugin.ts';
import { isOnPath } from '../../tests/support/processes.ts';

type Seen = {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
};

const hasOpenssl = isOnPath('openssl');
let http: BundledPlugin;
let folder: string;
let plain: Server;
let base: string;
let seen: Seen[];
let answer: (request: Seen, response: ServerResponse) => void;
const closing: (() => Promise<unknown>)[] = [];

const listener: RequestListener = (request, response) => void listen(request, response);

async function listen(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let body = '';
  for await (const chunk of request) body += chunk;
  const heard = { method: request.method ?? '', url: request.url ?? '', headers: request.headers, body };
  seen.push(heard);
  answer(heard, response);
}

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(async () => {
    server.closeAllConnections?.();
    await new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}

beforeAll(async () => {
  http = createBundledPlugin(import.meta.dirname);
  folder = mkdtempSync(join(tmpdir(), 'muster-http-'));
  plain = createServer(listener);
  base = `http://127.0.0.1:${await listening(plain)}`;
});
afterAll(async () => {
  await http.close();
  for (const close of closing) await close();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => {
  seen = [];
  answer = (_request, response) =>
    response.setHeader('content-type', 'application/json').end('{"items":[{"id":1,"name":"a"},{"id":2}]}');
});

const ask = (args: Record<string, Json>) => http.run({ url: `${base}/x`, proxy: 'none', ...args }, 'request');
const because = (sentence: string) => ({ outcome: 'failed', message: expect.stringContaining(sentence) });

describe('request', () => {
  it('sends query, headers and one body of its kind', async () => {
    writeFileSync(join(folder, 'body'), 'from a file');
    await ask({ url: `${base}/x?a=1#part`, query: { b: 'ü &', c: [2, 3], d: true } });
    await ask({ json: { a: 1 } });
    await ask({ form: { a: 'x y', b: ['1', '2'] }, method: 'PUT' });
    await ask({ text: 'hällo', headers: { 'Content-Type': 'text/csv' } });
    await ask({ file: join(folder, 'body') });
    expect(seen.map(({ method, url, headers, body }) => [method, url, headers['content-type'], body])).toEqual([
      ['GET', '/x?a=1&b=%C3%BC+%26&c=2&c=3&d=true', undefined, ''],
      ['POST', '/x', 'application/json', '{"a":1}'],
      ['PUT', '/x', 'application/x-www-form-urlencoded', 'a=x+y&b=1&b=2'],
      ['POST', '/x', 'text/csv', 'hällo'],
      ['POST', '/x', 'application/octet-stream', 'from a file'],
    ]);
  });

  it('picks from the answer, and shows it in the log', async () => {
    const end = await ask({ pick: { id: '$.items[0].id', ids: '$..id' } });
    expect(end).toMatchObject({
      outcome: 'succeeded',
      data: { status: 200, tries: 1, bytes: 40, picked: { id: 1, ids: [1, 2] } },
    });
    expect(end.log).toContain('"name":"a"');
    expect(await ask({ pick: { no: '$.nothing' } })).toMatchObject(because('`pick.no` finds nothing'));
    expect(await ask({ pick: { bad: '$[' } })).toMatchObject(because('wrong at character'));
    answer = (_request, response) => response.end('<html>');
    expect(await ask({ pick: { id: '$.id' } })).toMatchObject(because('not JSON'));
  });

  it('is judged by the status', async () => {
    answer = ({ url }, response) => response.writeHead(Number(url.slice(1))).end('because');
    const end = await ask({ url: `${base}/404` });
    expect(end).toMatchObject({ ...because('answered 404, not the expected 200-299'), data: { status: 404 } });
    expect(end.log).toContain('because');
    for (const expectedStatus of [404, '400-499', [200, '404'], '200, 404'])
      expect(await ask({ url: `${base}/404`, expectedStatus })).toMatchObject({ outcome: 'succeeded' });
    expect(await ask({ expectedStatus: 'fine' })).toMatchObject(because('`expectedStatus` takes'));
    expect(seen).toHaveLength(5);
  });

  it('signs in, and keeps what is secret out of the log', async () => {
    answer = ({ headers }, response) => response.writeHead(500).end(`you sent ${JSON.stringify(headers)}`);
    const ends = [
      await ask({ bearer: 'sesame-token' }),
      await ask({ username: 'ann', password: 'sesame-pass' }),
      await ask({ headers: { 'X-Api-Key': 'sesame-key', Authorization: 'Custom sesame-own' } }),
    ];
    expect(seen.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer sesame-token',
      `Basic ${Buffer.from('ann:sesame-pass').toString('base64')}`,
      'Custom sesame-own',
    ]);
    expect(ends.map((end) => end.all + end.message + JSON.stringify(end.data)).join()).not.toMatch(/sesame|YW5u/);
    expect(await ask({ url: base.replace('//', '//ann:sesame@') })).toMatchObject(because('not inside of `url`'));
    expect(await ask({ bearer: 'x', username: 'y' })).toMatchObject(because('not both'));
  });

  it('tries again as it is told, and waits as it is asked', async () => {
    answer = (_request, response) =>
      seen.length < 3 ? response.writeHead(503, { 'retry-after': '0' }).end() : response.end('{}');
    const retries = { count: 5, delaySeconds: 0 };
    expect(await ask({ retries })).toMatchObject({ outcome: 'succeeded', data: { tries: 3 } });
    seen = [];
    expect(await ask({ retries, method: 'POST' })).toMatchObject({ ...because('answered 503'), data: { tries: 1 } });
    seen = [];
    expect(await ask({ retries: { ...retries, anyMethod: true }, json: 1 })).toMatchObject({ data: { tries: 3 } });
    answer = (_request, response) => (seen.length < 5 ? response.destroy() : response.end('{}'));
    expect(await ask({ retries })).toMatchObject({ outcome: 'succeeded', data: { tries: 2 } });
  });

  it('saves the answer whole, or not at all', async () => {
    const saveTo = join(folder, 'saved');
    answer = (_request, response) => response.end(Buffer.alloc(1000, 1));
    expect(await ask({ saveTo })).toMatchObject({ data: { bytes: 1000, savedTo: saveTo } });
    expect(await ask({ saveTo: `${saveTo}2`, maxBytes: 999 })).toMatchObject(because('larger than 999 bytes'));
    answer = (_request, response) => response.writeHead(404).end('no');
    expect(await ask({ saveTo: `${saveTo}2` })).toMatchObject(because('404'));
    expect([readFileSync(saveTo).length, readdirSync(folder).sort()]).toEqual([1000, ['body', 'saved']]);
    expect(await ask({ maxBytes: 10 })).toMatchObject(because('404'));
  });

  it('has a limit for the whole and for connecting', async () => {
    answer = () => {};
    expect(await ask({ timeoutSeconds: 0.2 })).toMatchObject(because('not done within 0.2 s'));
    answer = (_request, response) => void response.write('{');
    expect(await ask({ timeoutSeconds: 0.2, retries: { count: 1, delaySeconds: 0 } })).toMatchObject(because('`timeoutSeconds`'));
    expect(seen).toHaveLength(3);
  });

  it('says why nothing came', async () => {
    const port = await listening(createServer());
    await closing.pop()?.();
    expect(await ask({ url: `http://127.0.0.1:${port}/` })).toMatchObject(because('nothing listens there'));
    expect(await ask({ url: 'http://no-such-host.invalid/' })).toMatchObject(because('name'));
    expect(await ask({ url: 'ftp://x/' })).toMatchObject(because('http and https'));
    expect(await ask({ text: 'a', json: 1 })).toMatchObject(because('one body: `json` or `text`'));
    expect(await ask({ file: '/no/such/file' })).toMatchObject(because('there is no /no/such/file'));
    expect(await ask({ url: base.replace('http:', 'https:') })).toMatchObject(because('TLS could not be agreed on'));
  });

  it('goes through a proxy', async () => {
    const proxied: string[] = [];
    const proxy = createServer((request, response) => {
      proxied.push(request.url ?? '');
      response.end('{"by":"proxy"}');
    });
    const port = await listening(proxy);
    const end = await ask({ url: 'http://somewhere.invalid/x', proxy: `http://127.0.0.1:${port}`, pick: { by: '$.by' } });
    expect(end).toMatchObject({ data: { picked: { by: 'proxy' } } });
    expect(proxied).toEqual(['http://somewhere.invalid/x']);
    expect(await ask({ proxy: `http://127.0.0.1:${port}`, blockPrivate: true })).toMatchObject(
      because('cannot look behind a proxy'),
    );
  });
});

describe('redirects', () => {
  it('are followed with everything on the same origin, and so far as allowed', async () => {
    answer = ({ url }, response) => (url === '/to' ? response.end('{}') : response.writeHead(307, { location: '/to' }).end());
    expect(await ask({ json: { a: 1 }, bearer: 'token' })).toMatchObject({ data: { url: `${base}/to` } });
    expect(seen[1]).toMatchObject({ method: 'POST', body: '{"a":1}', headers: { authorization: 'Bearer token' } });
    expect(await ask({ maxRedirects: 0 })).toMatchObject(because('answered 307'));
    answer = (_request, response) => response.writeHead(302, { location: '/x' }).end();
    seen = [];
    expect(await ask({ maxRedirects: 3 })).toMatchObject(because('more than 3 redirects'));
    expect(seen).toHaveLength(4);
  });

  it('turn a POST into a GET, as browsers do', async () => {
    answer = ({ url }, response) => (url === '/to' ? response.end('{}') : response.writeHead(303, { location: '/to' }).end());
    await ask({ json: 1 });
    expect(seen[1]).toMatchObject({ method: 'GET', body: '' });
  });

  it('take no credentials and no body to another origin', async () => {
    const elsewhere = `${base.replace('127.0.0.1', 'localhost')}/to`;
    answer = ({ url }, response) => (url === '/to' ? response.end('{}') : response.writeHead(307, { location: elsewhere }).end());
    await ask({ bearer: 'token', headers: { Cookie: 'a=b', 'X-Api-Key': 'key', Accept: 'text/plain' } });
    const { authorization, cookie, accept, 'x-api-key': key } = seen[1]?.headers ?? {};
    expect([authorization, cookie, key, accept]).toEqual([undefined, undefined, undefined, 'text/plain']);
    seen = [];
    expect(await ask({ json: 1 })).toMatchObject(because('the body would go to another origin'));
    expect(seen).toHaveLength(1);
    answer = (_request, response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end();
    expect(await ask({})).toMatchObject(because('neither http nor https'));
  });
});

describe('blockPrivate', () => {
  it.each(['127.0.0.1', '[::1]', '[::ffff:127.0.0.1]', '0x7f.1', '2130706433', 'localhost'])('refuses %s', async (host) => {
    const end = await ask({
      url: `http://${host}:${new URL(base).port}/`,
      blockPrivate: true,
      retries: { count: 3, delaySeconds: 0 },
    });
    expect(end).toMatchObject(because('not a public address'));
    expect(seen).toEqual([]);
  });
});

describe('cancelling', () => {
  it('ends a request that hangs', async () => {
    let asked = (): void => {};
    const isAsked = new Promise<void>((resolve) => {
      asked = resolve;
    });
    answer = () => asked();
    const job = http.start({ url: base, proxy: 'none', retries: { count: 9 } }, 'request');
    await isAsked;
    job.stop('cancel', 30);
    expect(await job.done).toMatchObject({ outcome: 'cancelled' });
    expect(seen).toHaveLength(1);
  });
});

(hasOpenssl ? describe : describe.skip)(`HTTPS${hasOpenssl ? '' : ' (NOT TESTED: there is no openssl on this machine)'}`, () => {
  let secure: string;
  let ca: string;
  let cert: string;
  let key: string;
  const check = (args: Record<string, Json>) => http.run({ url: `${secure}/x`, ca, proxy: 'none', ...args }, 'check');

  beforeAll(async () => {
    const made = join(folder, 'tls');
    const names = 'subjectAltName=DNS:localhost,IP:127.0.0.1';
    const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'pipe' });
    execFileSync('mkdir', [made]);
    openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '20', '-subj', '/CN=test', '-addext', names, '-keyout', join(made, 'key'), '-out', join(made, 'cert')); // biome-ignore format: one command line
    cert = readFileSync(join(made, 'cert'), 'utf8');
    key = readFileSync(join(made, 'key'), 'utf8');
    ca = cert;
    rmSync(made, { recursive: true });
    secure = `https://127.0.0.1:${await listening(createSecureServer({ cert, key, ca, requestCert: true, rejectUnauthorized: false }, listener))}`;
  });

  it('runs the examples', () =>
    http.runExamples((example) => {
      answer = ({ url }, response) =>
        response.writeHead(url === '/v1/items' ? 201 : 200).end('{"ok":1,"items":[{"id":1,"name":"a"},{"id":2}]}');
      const { url, ...rest } = example as { url: string };
      return { ...rest, url: url.replace('https://api.example.com', secure), ca, proxy: 'none' };
    }));

  it('trusts whom it is told to trust', async () => {
    const asked = (args: Record<string, Json>) => ask({ url: secure, ...args });
    expect(await asked({ ca })).toMatchObject({ outcome: 'succeeded' });
    expect(await asked({ retries: { count: 3, delaySeconds: 0 } })).toMatchObject(because('signed by itself; give it as `ca`'));
    const end = await asked({ insecure: true });
    expect(end).toMatchObject({ outcome: 'succeeded', log: expect.stringContaining('WARNING: `insecure` is set') });
    expect(await asked({ ca, minVersion: 'TLSv1.3' })).toMatchObject({ outcome: 'succeeded' });
    expect(await asked({ ca, cert })).toMatchObject(because('`cert` and `key` together'));
    expect(seen).toHaveLength(3);
  });

  it('shows a client certificate', async () => {
    let subject: unknown;
    answer = (_request, response) => {
      subject = (response.socket as unknown as { getPeerCertificate(): { subject?: { CN?: string } } }).getPeerCertificate()
        .subject?.CN;
      response.end('{}');
    };
    await ask({ url: secure, ca, cert, key });
    expect(subject).toBe('test');
  });

  it('does not follow from https to http', async () => {
    answer = (_request, response) => response.writeHead(302, { location: base }).end();
    expect(await ask({ url: secure, ca })).toMatchObject(because('from https to plain http'));
  });

  it('goes through a tunnel of a proxy', async () => {
    const tunnels: string[] = [];
    const sockets: Duplex[] = [];
    const proxy = createServer().on('connect', (request, socket, head) => {
      tunnels.push(request.url ?? '');
      const onward = connect(Number(new URL(secure).port), '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        onward.write(head);
        onward.pipe(socket).pipe(onward);
      });
      sockets.push(socket, onward);
      onward.on('error', () => socket.destroy());
      socket.on('error', () => onward.destroy());
    });
    const port = await listening(proxy);
    const end = await ask({ url: secure.replace('127.0.0.1', 'localhost'), ca, proxy: `http://127.0.0.1:${port}` });
    expect(end).toMatchObject({ outcome: 'succeeded' });
    for (const socket of sockets) socket.destroy();
    expect(tunnels).toEqual([`localhost:${new URL(secure).port}`]);
  });

  it('check tells status, time and the days of the certificate', async () => {
    const end = await check({ minDaysLeft: 10, contains: 'items' });
    expect(end).toMatchObject({
      outcome: 'succeeded',
      data: { up: true, status: 200, certificate: { daysLeft: 19, subject: 'test' } },
    });
    expect(await check({ minDaysLeft: 30 })).toMatchObject(because('its certificate ends in 19 days, fewer than 30'));
    expect(await check({ contains: 'nothing such' })).toMatchObject(because('does not contain'));
    expect(await check({ url: base, minDaysLeft: 1 })).toMatchObject(because('must begin with https'));
    answer = (_request, response) => response.writeHead(503).end();
    expect(await check({})).toMatchObject({ ...because('answered 503'), data: { up: true, status: 503 } });
  });

  it('check takes no answer for the result, not for an error', async () => {
    const silent = createTcpServer((socket) => socket.on('error', () => {}).resume());
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as AddressInfo;
    const end = await check({ url: `https://127.0.0.1:${port}`, connectTimeoutSeconds: 0.2 });
    expect(end).toMatchObject({ ...because('no connection within 0.2 s'), data: { up: false } });
    expect(end.err).toBe('');
    await new Promise((resolve) => silent.close(resolve));
  });
});
