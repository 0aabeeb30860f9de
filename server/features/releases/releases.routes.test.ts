import { createPublicKey, verify } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { releaseText, type SignedRelease } from '../../../shared/release.ts';
import { type ServerInProcess, startServerInProcess } from '../../../tests/support/server-in-process.ts';
import { writeStandInRelease } from '../../../tests/support/stand-in-release.ts';

let server: ServerInProcess;
let agents: string;

beforeAll(async () => {
  server = await startServerInProcess();
  agents = join(server.folder, 'agents');
});
afterAll(() => server?.stop());

const get = (path: string, headers: Readonly<Record<string, string>> = {}) =>
  server.stranger.send('GET', path, undefined, headers);

/** With a header that `fetch` does not let one set. */
const askedAs = (host: string, path: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const asking = request(new URL(path, server.url), { headers: { host }, agent: false }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      answer.on('end', () => resolve(text));
    });
    asking.on('error', reject).end();
  });

describe('the executables of a server', () => {
  it('are not there until they were built, and then without a restart', async () => {
    const none = await get('/downloads/release.json');
    expect(none.status).toBe(404);
    expect(none.json).toMatchObject({ code: 'not_found', detail: expect.stringContaining('npm run build:agent') });
    writeStandInRelease(agents);
    expect((await get('/downloads/release.json')).json).toMatchObject({ release: { version: '0.1.0' } });
    writeStandInRelease(agents, { version: '0.2.0' });
    expect((await get('/downloads/release.json')).json).toMatchObject({ release: { version: '0.2.0' } });
  });

  it('are signed by the key of the server, as JSON and as lines for a shell', async () => {
    const { release, signature, key } = (await get('/downloads/release.json')).json as SignedRelease;
    const publicKey = createPublicKey({ key: Buffer.from(key, 'base64'), format: 'der', type: 'spki' });
    expect(verify(null, Buffer.from(releaseText(release)), publicKey, Buffer.from(signature, 'base64'))).toBe(true);
    const { text } = await get('/downloads/release.txt');
    expect(text).toMatch(/^muster release v1\nversion 0\.2\.0\n/);
    expect(text.startsWith(`${releaseText(release)}signature ${signature}\nkey ${key}\ntime `)).toBe(true);
  });

  it('are sent with length, hash and ranges', async () => {
    const whole = readFileSync(join(agents, 'muster-agent-linux-x64'), 'utf8');
    const { release } = (await get('/downloads/release.json')).json as SignedRelease;
    const etag = `"${release.files[0]?.sha256}"`;
    const path = '/downloads/muster-agent-linux-x64';
    const all = await get(path);
    expect(all.text).toBe(whole);
    expect(Object.fromEntries(all.headers)).toMatchObject({
      etag,
      'content-length': String(whole.length),
      'accept-ranges': 'bytes',
    });
    const part = await get(path, { range: 'bytes=5-9' });
    expect([part.status, part.text, part.headers.get('content-range')]).toEqual([
      206,
      whole.slice(5, 10),
      `bytes 5-9/${whole.length}`,
    ]);
    expect((await get(path, { range: 'bytes=-4' })).text).toBe(whole.slice(-4));
    expect((await get(path, { range: 'bytes=5-', 'if-range': etag })).text).toBe(whole.slice(5));
    expect((await get(path, { range: 'bytes=5-', 'if-range': '"another"' })).text).toBe(whole);
    for (const range of ['bytes=9-5', 'bytes=-', `bytes=${whole.length}-`, 'bytes=1-2,4-5', 'lines=1-2'])
      expect([(await get(path, { range })).text, range]).toEqual([whole, range]);
    expect((await get(path, { 'if-none-match': etag })).status).toBe(304);
    expect((await server.stranger.send('HEAD', path)).headers.get('content-length')).toBe(String(whole.length));
  });

  it('are all that can be had from their folder', async () => {
    writeFileSync(join(agents, 'secret.txt'), 'secret');
    const outside = [
      '/downloads/secret.txt',
      '/downloads/..%2fdata%2fserver.key',
      '/downloads/%2e%2e%2frelease.json',
      '/downloads/.env',
    ];
    const answers = await Promise.all(outside.map((path) => get(path)));
    expect(answers.map(({ status }) => status)).toEqual([404, 422, 422, 422]);
  });

  it('are not sent half written, and not at all where release.json is no such thing', async () => {
    writeFileSync(join(agents, 'muster-agent-linux-x64'), 'half');
    expect((await get('/downloads/muster-agent-linux-x64')).json).toMatchObject({
      detail: expect.stringContaining('is not whole'),
    });
    writeFileSync(join(agents, 'release.json'), '{"version": "../../x"}');
    expect((await get('/downloads/release.json')).status).toBe(404);
    rmSync(agents, { recursive: true });
    expect((await get('/downloads/release.txt')).status).toBe(404);
  });
});

describe('the installers of a server', () => {
  it('know its address and the fingerprint of its key', async () => {
    const { fingerprint } = {
      fingerprint: (await server.api.post<{ token: string }>('/api/v1/join-tokens')).token.split('.')[1],
    };
    const { text, headers } = await get('/install.sh');
    expect(headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(text).toContain(`\nserver_url='${server.url}'\nserver_fingerprint='${fingerprint}'\n`);
    expect((await get('/install.ps1')).text).toContain(`\n$serverUrl = '${server.url}'\n$serverFingerprint = '${fingerprint}'\n`);
  });

  it.each(["a';id;'", 'a$(id)', 'a`id`', 'a b', "@SERVER_URL@'", 'a\u2019;id'])(
    'take no code from the header Host: %s',
    async (host) => {
      for (const path of ['/install.sh', '/install.ps1']) {
        // a host that is none may also be refused as a whole
        const filledIn = (await askedAs(host, path).catch(() => '')).split('\n').find((line) => /^\$?server_?url ?=/i.test(line));
        expect([undefined, "server_url='http://localhost:8000'", "$serverUrl = 'http://localhost:8000'"]).toContain(filledIn);
      }
    },
  );
});

describe('the public URL of a server', () => {
  it('is one literal in each installer, whatever is in it', async () => {
    const own = await startServerInProcess({}, { MUSTER_PUBLIC_URL: "https://muster.example/it's$(id)" });
    const shell = (await own.stranger.send('GET', '/install.sh')).text;
    const powershell = (await own.stranger.send('GET', '/install.ps1')).text;
    await own.stop();
    expect(shell).toContain(`\nserver_url='https://muster.example/it'\\''s$(id)'\n`);
    expect(powershell).toContain(`\n$serverUrl = 'https://muster.example/it''s$(id)'\n`);
  });
});
