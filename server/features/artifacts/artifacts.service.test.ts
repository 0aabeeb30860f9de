import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openTestLedger, type TestLedger } from '../../../tests/support/ledger.ts';
import { type ArtifactsService, createArtifacts } from './artifacts.service.ts';
import { createContentFolder } from './content-folder.ts';

let ledger: TestLedger;
let folder: string;
let service: ArtifactsService;
let execution: string;
beforeEach(async () => {
  ledger = await openTestLedger();
  folder = await mkdtemp(join(tmpdir(), 'muster-artifacts-'));
  const agent = ledger.agent('one');
  ledger.agent('two');
  const { run } = await ledger.post({ owner: 'one' });
  await ledger.settle();
  execution = agent.offers()[0]?.execution ?? '';
  expect(run).not.toBeNull();
  service = createArtifacts({
    db: ledger.db,
    clock: ledger.serverClock,
    content: createContentFolder(folder, ledger.serverClock.now),
    limits: { artifactBytes: 100, artifactsPerExecutionBytes: 150, artifactsTotalBytes: 1000 },
    agentOfDownloadToken: (token) => (token === 'of-one' ? agent.id : token === 'of-two' ? 'agt_two' : undefined),
  });
});
afterEach(async () => {
  await ledger.dispose();
  await rm(folder, { recursive: true });
});

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const pieceOf = (text: string, from: number, to: number, more: object = {}) => ({
  execution, attempt: 1, name: 'a.txt', bytes: text.length, sha256: sha256(text), offset: from, base64: Buffer.from(text.slice(from, to)).toString('base64'), ...more,
}); // biome-ignore format: one piece
const take = (piece: ReturnType<typeof pieceOf>, token = 'of-one') => service.take(`Bearer ${token}`, piece);
const textOf = async (name: string): Promise<string> => {
  const parts: Uint8Array[] = [];
  for await (const part of (await service.read(execution, name)).content) parts.push(part);
  return Buffer.concat(parts).toString();
};

describe('an artifact that arrives', () => {
  it('goes on where it was, and is stored once it is whole', async () => {
    expect(await take(pieceOf('hello world', 0, 5))).toEqual({ next: 5, done: false, refused: null });
    expect(await take(pieceOf('hello world', 0, 5))).toEqual({ next: 5, done: false, refused: null });
    expect(await service.list(execution)).toEqual([]);
    expect(await take(pieceOf('hello world', 5, 11))).toEqual({ next: 11, done: true, refused: null });
    expect(await textOf('a.txt')).toBe('hello world');
    // the answer was lost
    expect(await take(pieceOf('hello world', 5, 11))).toEqual({ next: 11, done: true, refused: null });
    expect(await service.list(execution)).toHaveLength(1);
  });

  it('that is not what its hash says has to come anew', async () => {
    const wrong = pieceOf('hello', 0, 5, { sha256: sha256('other') });
    expect(await take(wrong)).toEqual({ next: 0, done: false, refused: null });
    expect(await readdir(join(folder, 'incoming'))).toEqual([]);
  });

  it('counts only from the agent of the attempt', async () => {
    await expect(take(pieceOf('x', 0, 1), 'of-two')).rejects.toMatchObject({ code: 'not_found' });
    await expect(take(pieceOf('x', 0, 1, { attempt: 2 }))).rejects.toMatchObject({ code: 'not_found' });
    await expect(take(pieceOf('x', 0, 1), 'of-nobody')).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  it('is refused with a sentence over each of the limits, and takes no room', async () => {
    expect((await take(pieceOf('x'.repeat(101), 0, 10))).refused).toContain('MUSTER_ARTIFACT_BYTES');
    await take(pieceOf('y'.repeat(90), 0, 90, { name: 'b' }));
    expect((await take(pieceOf('z'.repeat(90), 0, 90, { name: 'c' }))).refused).toContain('PER_EXECUTION');
    // in place of itself there is room
    expect((await take(pieceOf('z'.repeat(100), 0, 100, { name: 'b' }))).refused).toBeNull();
    expect((await service.list(execution)).map(({ name, refused }) => [name, refused === null])).toEqual([
      ['a.txt', false],
      ['b', true],
      ['c', false],
    ]);
  });
});

describe('the content of artifacts', () => {
  it('goes a day after the last execution that left it', async () => {
    const signal = new AbortController().signal;
    await take(pieceOf('hello', 0, 5));
    await take(pieceOf('never whole', 0, 5, { name: 'part' }));
    await ledger.clock.advance(2 * 86_400_000);
    expect(await service.prune(signal)).toBe(1);
    expect(await textOf('a.txt')).toBe('hello');
    await ledger.db.write((writer) => writer.deleteFrom('executions').where('id', '=', execution).execute());
    expect(await service.list(execution)).toEqual([]);
    expect(await service.prune(signal)).toBe(1);
    expect((await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile())).toEqual([]);
  });
});
