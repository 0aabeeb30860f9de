import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createCertificate } from '../../tests/support/certificate.ts';
import { closedUrl } from '../../tests/support/closed-port.ts';
import type { SetupStop } from './setup-stop.ts';
import { createStatusLines } from './status-lines.ts';
import { checkClock, checkWayToServer } from './way-to-server.ts';

const healthy: RequestListener = (_, response) => response.setHeader('content-type', 'application/json').end('{"status":"ok"}');
let folder: string;
let server: Server | undefined;
let told: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'muster-way-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(async () => {
  const open = server;
  server = undefined;
  if (open !== undefined) await new Promise((resolve) => open.close(resolve));
});

const lines = () => {
  told = '';
  const write = (text: string): void => {
    told += text;
  };
  return createStatusLines({ out: write, err: write, colours: false });
};

async function listen(made: Server): Promise<number> {
  server = made;
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve));
  return (made.address() as AddressInfo).port;
}
const answering = async (answer: RequestListener): Promise<string> => `http://127.0.0.1:${await listen(createServer(answer))}`;
const tls = (): Server => {
  const { cert, key } = createCertificate(folder);
  return createTlsServer({ cert: readFileSync(cert), key: readFileSync(key) }, healthy);
};
/** what ends it */
async function stopOf(url: string): Promise<{ code: number; sentence: string }> {
  try {
    await checkWayToServer(url, lines());
  } catch (error) {
    return { code: (error as SetupStop).exitCode, sentence: (error as Error).message };
  }
  throw new Error(`It went through: ${told}`);
}

describe('the way to the server', () => {
  it('is gone step by step, and each is told', async () => {
    const url = (await answering(healthy)).replace('127.0.0.1', 'localhost');
    await checkWayToServer(url, lines());
    expect(told.split('\n')).toEqual([
      expect.stringMatching(/^ok {4}The name localhost is known: .*127\.0\.0\.1/),
      expect.stringMatching(/^ok {4}Port \d+ of localhost can be reached\.$/),
      `ok    A Muster server answers at ${url}.`,
      'ok    The clocks of this host and the server agree.',
      '',
    ]);
  });

  it('ends at a name that nobody knows', async () => {
    // reserved, so that no DNS may know it
    expect(await stopOf('http://muster.invalid:8000')).toEqual({
      code: 5,
      sentence: expect.stringMatching(/^The name muster\.invalid is not known to this host \(E\w+\): check --server-url/),
    });
  });

  it('ends at a port where nothing listens', async () => {
    expect(await stopOf(await closedUrl())).toEqual({
      code: 5,
      sentence: expect.stringMatching(/^Port \d+ of 127\.0\.0\.1 cannot be reached: nothing listens there/),
    });
  });

  it('ends at a certificate that is not trusted', async () => {
    expect(await stopOf(`https://127.0.0.1:${await listen(tls())}`)).toEqual({
      code: 5,
      sentence: expect.stringContaining('this host does not trust the certificate (DEPTH_ZERO_SELF_SIGNED_CERT). Name the file'),
    });
  });

  it('ends where https is asked of http, and http of https', async () => {
    const plain = await answering(healthy);
    expect((await stopOf(plain.replace('http:', 'https:'))).sentence).toContain('Is it http:// instead of https://?');
    await new Promise((resolve) => server?.close(resolve));
    expect((await stopOf(`http://127.0.0.1:${await listen(tls())}`)).sentence).toContain('Is it https:// instead of http://?');
  });

  it.each([
    [
      'answers something else',
      ((_, response) => response.end('<html>')) as RequestListener,
      'is not a Muster server (status 200)',
    ],
    [
      'knows no such page',
      ((_, response) => response.writeHead(404).end()) as RequestListener,
      'is not a Muster server (status 404)',
    ],
    [
      'leads elsewhere',
      ((_, response) => response.writeHead(301, { location: 'https://muster.example/healthz' }).end()) as RequestListener,
      'leads elsewhere, to https://muster.example/healthz',
    ],
  ])('ends at a server that %s', async (_, answer, sentence) => {
    expect(await stopOf(await answering(answer))).toEqual({ code: 5, sentence: expect.stringContaining(sentence) });
  });
});

describe('the clocks', () => {
  const now = Date.parse('2026-01-05T12:00:00Z');
  const at = (seconds: number): { date: string } => ({ date: new Date(now + seconds * 1000).toUTCString() });

  it('agree within five minutes, are told beyond, and end it beyond a day', () => {
    checkClock(at(-299), now, lines());
    expect(told).toBe('ok    The clocks of this host and the server agree.\n');
    checkClock(at(20 * 60), now, lines());
    expect(told).toBe('note  The clock of this host is 20 minutes away from that of the server: let both keep time by NTP.\n');
    expect(() => checkClock(at(-49 * 3600), now, lines())).toThrow(
      'The clock of this host is 49 hours away from that of the server',
    );
  });

  it('are not judged where the server tells no time', () => {
    checkClock({ date: undefined }, now, lines());
    expect(told).toBe('');
  });
});
