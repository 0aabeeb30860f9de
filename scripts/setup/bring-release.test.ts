import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Release } from '../../shared/release.ts';
import { type ServerInProcess, startServerInProcess } from '../../tests/support/server-in-process.ts';
import { writeStandInRelease } from '../../tests/support/stand-in-release.ts';
import { startTamperingProxy, type TamperingProxy } from '../../tests/support/tampering-proxy.ts';
import { bringRelease, type ReleaseOrder } from './bring-release.ts';
import { SetupStop } from './setup-stop.ts';

const platform = `linux-${process.arch}` as const;
const packed = `muster-agent-${platform}.gz`;

(process.platform === 'linux' ? describe : describe.skip)('what the installer would download', () => {
  let server: ServerInProcess;
  let proxy: TamperingProxy;
  let fingerprint: string;
  let agents: string;
  let place: string;
  let release: Release;
  let told: string[];

  beforeAll(async () => {
    server = await startServerInProcess();
    proxy = await startTamperingProxy(server.url);
    agents = join(server.folder, 'agents');
    const { token } = await server.api.post<{ token: string }>('/api/v1/join-tokens');
    fingerprint = token.split('.')[1] ?? '';
  });
  afterAll(async () => {
    await proxy?.close();
    await server?.stop();
  });
  beforeEach(() => {
    release = writeStandInRelease(agents);
    place = mkdtempSync(join(tmpdir(), 'muster-bring-'));
    for (const name of ['from', 'own']) mkdirSync(join(place, name));
    told = [];
  });
  afterEach(() => rmSync(place, { recursive: true, force: true }));

  const bring = (order: Partial<ReleaseOrder> = {}): Promise<void> =>
    bringRelease({
      server: server.url,
      fingerprint,
      own: join(place, 'own'),
      prefix: join(place, 'prefix'),
      folder: join(place, 'from'),
      lines: {
        ok: (sentence) => void told.push(sentence),
        doing: (sentence) => void told.push(sentence),
        note: (sentence) => void told.push(sentence),
        fail: (sentence) => void told.push(sentence),
        text: () => undefined,
      },
      ...order,
    });
  const brought = (): string[] => readdirSync(join(place, 'from')).sort();
  const stop = async (order?: Partial<ReleaseOrder>): Promise<{ code: number; sentence: string }> => {
    const error = await bring(order).catch((thrown: unknown) => thrown);
    if (!(error instanceof SetupStop)) throw new Error(`It was not refused: ${error}`);
    return { code: error.exitCode, sentence: error.message };
  };

  it('comes from the server, with the list that its key has signed', async () => {
    await bring();
    expect(brought()).toEqual([packed, 'release.txt']);
    expect(readFileSync(join(place, 'from', packed)).equals(readFileSync(join(agents, packed)))).toBe(true);
    const { text } = await server.stranger.send('GET', '/downloads/release.txt');
    expect(text.split('time ')[0]).toBe(readFileSync(join(place, 'from/release.txt'), 'utf8'));
    expect(told).toContain('Downloading the agent 0.1.0 from the server (1 MB).');
  });

  it('is taken from this folder if the server has the same', async () => {
    writeStandInRelease(join(place, 'own'));
    await bring();
    expect(lstatSync(join(place, 'from', packed)).isSymbolicLink()).toBe(true);
    expect(told).toEqual(["The server's key has signed what it says of the agent 0.1.0."]);
  });

  it('is not taken from this folder if the server has another', async () => {
    writeStandInRelease(join(place, 'own'), { version: '0.2.0' });
    await bring();
    expect(readFileSync(join(place, 'from', packed)).equals(readFileSync(join(agents, packed)))).toBe(true);
  });

  it('is no more than the list where the executable is installed already', async () => {
    const sha256 = release.files.find((file) => file.platform === platform)?.sha256 ?? '';
    const bin = join(place, 'prefix/bin');
    mkdirSync(bin, { recursive: true });
    const installed = join(bin, `muster-agent-0.1.0-${sha256.slice(0, 12)}`);
    writeFileSync(installed, readFileSync(join(agents, `muster-agent-${platform}`)));
    await bring();
    expect(brought()).toEqual(['release.txt']);
    writeFileSync(installed, 'half of it');
    await bring();
    expect(brought()).toEqual([packed, 'release.txt']);
  });

  it('is refused from a server with another key', async () => {
    const { code, sentence } = await stop({ fingerprint: '0'.repeat(32) });
    expect([code, sentence]).toEqual([
      6,
      expect.stringContaining(`fingerprint ${fingerprint}, and ${'0'.repeat(32)} is expected`),
    ]);
    expect(brought()).toEqual([]);
  });

  it('is refused if the list was altered on its way', async () => {
    proxy.tamper('/downloads/release.json', (body) => ({ body: Buffer.from(body.toString().replace('"0.1.0"', '"0.1.1"')) }));
    const { code, sentence } = await stop({ server: proxy.url });
    expect([code, sentence]).toEqual([6, expect.stringContaining('is not signed by its key')]);
    proxy.tamper('/downloads/release.json', (body) => ({ body }));
  });

  it('is not to be had from a server without executables, for another platform, and from what is no server', async () => {
    writeStandInRelease(agents, { platforms: ['windows-x64'] });
    expect(await stop()).toMatchObject({ code: 3, sentence: expect.stringContaining('it has them for windows-x64') });
    rmSync(agents, { recursive: true });
    expect(await stop()).toMatchObject({ code: 3, sentence: expect.stringContaining('npm run build:agent') });
    proxy.tamper('/downloads/release.json', () => ({ body: Buffer.from('<p>welcome</p>') }));
    writeStandInRelease(agents);
    expect(await stop({ server: proxy.url })).toMatchObject({ code: 5 });
    proxy.tamper('/downloads/release.json', (body) => ({ body }));
  });
});
