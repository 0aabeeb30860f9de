import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { maxArtifactsPerExecution } from '../../../shared/api/artifacts.ts';
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

describe('an agent that sends too much', () => {
  it('fills no list: the first file that is too many speaks for the others, kept or not', async () => {
    const row = { execution_id: execution, attempt: 1, bytes: 500, sha256: sha256(''), stored_at: 0, refused: 'too large' };
    const rows = Array.from({ length: maxArtifactsPerExecution }, (_, index) => ({ ...row, name: `f${index}` }));
    await ledger.db.write((writer) => writer.insertInto('artifacts').values(rows).execute());
    for (const name of ['one', 'two', 'three'])
      expect((await take(pieceOf('x', 0, 1, { name }))).refused).toContain('lists 1000 artifacts at most');
    const listed = (await service.list(execution)).filter(({ name }) => !/^f\d/.test(name));
    expect(listed).toMatchObject([{ name: 'one', refused: expect.stringContaining('those after it were not kept') }]);
  });

  it('fills no disk with files that it never completes', async () => {
    const begun = (name: string) => take(pieceOf('y'.repeat(90), 0, 80, { name }));
    const answers = [];
    for (let count = 0; count < 14; count += 1) answers.push(await begun(`part${count}`));
    expect(answers.filter(({ refused }) => refused === null)).toHaveLength(12);
    expect(answers.at(-1)?.refused).toContain('MUSTER_ARTIFACTS_TOTAL_BYTES');
    // one that goes on is not in its own way
    expect(await take(pieceOf('y'.repeat(90), 80, 90, { name: 'part0' }))).toMatchObject({ done: true, refused: null });
  });

  it('or cannot read a file tells that, and it is listed', async () => {
    await take(pieceOf('', 0, 0, { name: 'gone', unreadable: 'it became shorter while it was sent' }));
    expect(await service.list(execution)).toMatchObject([
      { name: 'gone', refused: 'Its host could not send it: it became shorter while it was sent.' },
    ]);
    await expect(service.read(execution, 'gone')).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('the content of artifacts', () => {
  const onLinux = process.platform === 'linux' ? it : it.skip;
  onLinux('is not opened before somebody reads it, as the answer to a HEAD does not', async () => {
    await take(pieceOf('hello', 0, 5));
    const { content } = await service.read(execution, 'a.txt');
    const opened = await Promise.all(
      (await readdir('/proc/self/fd')).map((file) => readlink(`/proc/self/fd/${file}`).catch(() => '')),
    );
    expect(opened.filter((file) => file.startsWith(folder))).toEqual([]);
    expect(content).toBeDefined();
  });

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
