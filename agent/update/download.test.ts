import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createFakeClock, type FakeClock } from '../../tests/support/clock.ts';
import { eventually } from '../../tests/support/eventually.ts';
import { cutAfter, type ReleaseServer, startReleaseServer } from '../../tests/support/release-server.ts';
import { download, type Wanted } from './download.ts';

describe('a download of an executable', () => {
  let folder: string;
  let path: string;
  let server: ReleaseServer;
  let clock: FakeClock;
  let wanted: Wanted;
  let text: string;
  let turning: NodeJS.Timeout;
  const abort = () => new AbortController();

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'muster-download-'));
    path = join(folder, 'part');
    server = await startReleaseServer();
    clock = createFakeClock();
    text = randomBytes(50_000).toString('hex');
    const [file] = server.publish('1.0.0', text).files;
    if (file === undefined) throw new Error('nothing was published');
    wanted = { name: file.name, bytes: file.bytes, sha256: file.sha256 };
    turning = setInterval(() => void clock.advance(1000), 5);
  });
  afterEach(async () => {
    clearInterval(turning);
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const fetch = (signal = abort().signal, progress: number[] = []) =>
    download(wanted, path, { ask: server.ask, signal, onProgress: (bytes) => progress.push(bytes), clock, random: () => 0.5 });

  it('is whole and proved, and tells how far it is', async () => {
    const progress: number[] = [];
    await fetch(undefined, progress);
    expect(readFileSync(path, 'utf8')).toBe(text);
    expect(progress.at(-1)).toBe(wanted.bytes);
    expect(server.asked).toEqual([{ path: `/downloads/${wanted.name}`, range: undefined }]);
  });

  it('goes on where the line was cut', async () => {
    const has = (bytes: number) => () => existsSync(path) && statSync(path).size === bytes;
    server.trouble.push(cutAfter(10_000, has(10_000)), cutAfter(20_000, has(30_000)));
    await fetch();
    expect(readFileSync(path, 'utf8')).toBe(text);
    expect(server.asked.map(({ range }) => range)).toEqual([undefined, 'bytes=10000-', 'bytes=30000-']);
  });

  it('goes on with what a life before this one has left', async () => {
    writeFileSync(path, text.slice(0, 7));
    await fetch();
    expect(server.asked.map(({ range }) => range)).toEqual(['bytes=7-']);
    await fetch();
    expect(server.asked).toHaveLength(1);
    expect(readFileSync(path, 'utf8')).toBe(text);
  });

  it('begins anew when what was left is of another file', async () => {
    writeFileSync(path, 'x'.repeat(100));
    await fetch();
    expect(server.asked.map(({ range }) => range)).toEqual(['bytes=100-', undefined]);
    expect(readFileSync(path, 'utf8')).toBe(text);
  });

  it('takes a whole file where it asked for the rest', async () => {
    writeFileSync(path, text.slice(0, 7));
    server.trouble.push((answer, body) => void answer.writeHead(200).end(body));
    await fetch();
    expect(readFileSync(path, 'utf8')).toBe(text);
  });

  const altered = (body: Buffer): Buffer => Buffer.from(body.map((byte) => byte ^ 1));

  it('tries once more when it was altered, and is not had when it was altered again', async () => {
    server.trouble.push((answer, body) => void answer.writeHead(200).end(altered(body)));
    await fetch();
    expect(readFileSync(path, 'utf8')).toBe(text);
    rmSync(path);
    for (let tries = 0; tries < 2; tries += 1)
      server.trouble.push((answer, body) => void answer.writeHead(200).end(altered(body)));
    await expect(fetch()).rejects.toThrow('What was downloaded is not what the release says: it has another checksum.');
    expect(existsSync(path)).toBe(false);
    expect(server.asked).toHaveLength(4);
  });

  it('takes no more than the release says', async () => {
    for (let tries = 0; tries < 10; tries += 1)
      server.trouble.push((answer, body) => void answer.writeHead(200).end(Buffer.concat([body, body])));
    await expect(fetch()).rejects.toThrow('the server sent more than the');
    expect(statSync(path).size).toBeLessThanOrEqual(wanted.bytes);
  });

  it('waits as long as a busy server asks it to', async () => {
    clearInterval(turning);
    server.trouble.push((answer) => void answer.writeHead(429, { 'retry-after': '30' }).end());
    let isThere = false;
    const fetching = fetch().then(() => {
      isThere = true;
    });
    await eventually('it waits', () => clock.pending() === 1);
    await clock.advance(29_000);
    expect(server.asked).toHaveLength(1);
    await clock.advance(3_000);
    await fetching;
    expect(isThere).toBe(true);
  });

  it('gives up after ten failures in a row, and says why', async () => {
    for (let tries = 0; tries < 20; tries += 1) server.trouble.push((answer) => void answer.writeHead(503).end());
    await expect(fetch()).rejects.toThrow('The new executable could not be downloaded: the server answered with status 503.');
    expect(server.asked).toHaveLength(10);
  });

  it('ends at once when it is not wanted any more, and leaves what is there', async () => {
    const controller = abort();
    server.trouble.push((answer, body) => {
      answer.writeHead(200, { 'content-length': body.length }).write(body.subarray(0, 1000));
    });
    const fetching = fetch(controller.signal);
    await eventually('some of it is there', () => existsSync(path) && statSync(path).size === 1000);
    controller.abort();
    await expect(fetching).rejects.toThrow();
    expect(statSync(path).size).toBe(1000);
  });
});
