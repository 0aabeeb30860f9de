import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, it } from '@jest/globals';
import type { SignedEntry } from '../../shared/plugin-bundle.ts';
import { eventually } from '../../tests/support/eventually.ts';
import type { FakeJob } from '../../tests/support/fake-executor.ts';
import { type FakeConnection, noop, offerOf } from '../../tests/support/fake-server.ts';
import { type AgentBench, openAgentBench } from '../../tests/support/test-agent.ts';
import { readJournal } from '../journal/journal-reading.ts';

const first = { execution: 'exe_1', attempt: 1 };

/** A real file system of 8 MiB, which something else fills to the last byte. */
const small = mountSmall();
const withSmallDisk = small === undefined ? it.skip : it;
if (small === undefined) process.stderr.write('Not run: the test of a full disk needs root on Linux, to mount a small tmpfs.\n');

let bench: AgentBench;
let entry: SignedEntry;
let server: FakeConnection;

beforeEach(async () => {
  bench = await openAgentBench();
  entry = bench.server.publish(noop);
});
afterEach(async () => {
  await bench.close();
});
afterAll(() => {
  if (small === undefined) return;
  execFileSync('umount', ['-l', small]);
  rmSync(small, { recursive: true });
});

let attempts = 100;

/** Offers one more attempt, again and again, until it is answered in this way. */
async function offerUntil(type: 'accept' | 'decline', execution: string): Promise<string> {
  for (;;) {
    attempts += 1;
    const attempt = attempts;
    const answer = () =>
      server.received.find((each) => 'attempt' in each && each.execution === execution && each.attempt === attempt);
    server.send(offerOf(entry, { execution, attempt }));
    await eventually('it is answered', () => answer() !== undefined);
    const told = answer();
    if (told?.type === type) return 'message' in told ? told.message : '';
  }
}

async function run(offer: Parameters<typeof offerOf>[1] = {}): Promise<FakeJob> {
  server.send(offerOf(entry, offer));
  await server.next('accept');
  server.send({ type: 'start', ...first, ...(offer.execution === undefined ? {} : { execution: offer.execution }) });
  return bench.executor.nextJob();
}

withSmallDisk(
  'an agent on a full disk keeps every result, cuts output, hands back what it cannot begin, and takes work again when there is room',
  async () => {
    const dir = join(small as string, 'agent');
    let agent = await bench.start({ dir, minFreeBytes: 256 * 1024, slots: 50 });
    server = await bench.server.welcomed();
    const job = await run();
    // accepted while there was room, told to start when there is none: a line still fits here and there, but not all of them
    const accepted = Array.from({ length: 40 }, (_, index) => `exe_full_${index}`);
    server.send(...accepted.map((execution) => offerOf(entry, { execution })));
    for (const _ of accepted) await server.next('accept');
    const ballast = fill(small as string);
    server.send(...accepted.map((execution) => ({ type: 'start' as const, execution, attempt: 1 })));
    const handedBack = await server.next('decline');
    expect(handedBack).toMatchObject({ reason: 'disk_full', message: expect.stringContaining('ENOSPC') });
    expect(accepted).toContain(handedBack.execution);
    server.send({ type: 'start', execution: handedBack.execution, attempt: 1 });

    expect(await offerUntil('decline', 'exe_3')).toMatch(new RegExp(`The disk of ${dir} has \\d+ bytes free`));
    job.sink.output('out', 'x'.repeat(4 * 1024 * 1024));
    job.end({ data: 'y'.repeat(100_000) });
    await eventually('its result came', () =>
      server.received.some((each) => each.type === 'result' && each.execution === 'exe_1'),
    );
    // it is on the disk: what would be left after a kill -9 holds it
    expect(readJournal(readFileSync(join(dir, 'journal'))).attempts.get('exe_1/1')?.ended?.result.data).toHaveLength(100_000);
    expect(bench.server.logOf('exe_1').toString()).toContain('bytes of output were cut here');

    for (const each of bench.executor.jobs) each.end();
    await bench.server.goAway();
    await agent.stop();
    await bench.server.comeBack();

    // an agent that starts on the full disk delivers what the one before it kept
    const starting = bench.start({ dir, minFreeBytes: 256 * 1024 });
    server = await bench.server.welcomed();
    agent = await starting;
    await eventually('the result comes again', () =>
      server.received.some((each) => each.type === 'result' && each.execution === 'exe_1'),
    );
    server.send({ type: 'ack', ...first });
    expect(await offerUntil('decline', 'exe_4')).toMatch(/disk/);

    rmSync(ballast);
    await offerUntil('accept', 'exe_4');
    await eventually(
      'its reserve is back',
      () => statSync(join(dir, 'journal.reserve'), { throwIfNoEntry: false }) !== undefined,
    );
  },
  60_000,
);

it('declines while too much waits for the server, and never loses what it accepted', async () => {
  await bench.start({ outboxBytes: 1024 * 1024 });
  server = await bench.server.welcomed();
  const job = await run({ outputLimitBytes: 8 * 1024 * 1024 });
  server.holdAcks();
  job.sink.output('out', 'x'.repeat(2 * 1024 * 1024));
  server.send(offerOf(entry, { execution: 'exe_2' }));
  const decline = await server.next('decline');
  expect(decline).toMatchObject({ execution: 'exe_2', reason: 'outbox_full' });
  expect(decline.message).toMatch(/\d+ bytes of output and results wait for the server; at most 1048576 may\./);
  job.end();
  server.cut();
  server = await bench.server.welcomed();
  expect(await server.next('result')).toMatchObject({ ...first, logSize: 2 * 1024 * 1024 });
  server.send({ type: 'ack', ...first });
  server.send(offerOf(entry, { execution: 'exe_2', attempt: 2 }));
  expect(await server.next('accept')).toMatchObject({ execution: 'exe_2', attempt: 2 });
});

it('hands back an attempt whose workspace found no room', async () => {
  await bench.start();
  server = await bench.server.welcomed();
  const job = await run();
  job.end({ outcome: 'rejected', reason: 'host_disk_full', message: 'The disk of the host is full, so nothing was started.' });
  expect(await server.next('decline')).toMatchObject({ ...first, reason: 'disk_full' });
  server.cut();
  expect((await bench.server.welcomed()).hello.journal).toEqual([]);
});

function mountSmall(): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'muster-small-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'muster-test', folder], { stdio: 'pipe' });
    mkdirSync(join(folder, 'agent'));
    return folder;
  } catch {
    rmSync(folder, { recursive: true });
    return undefined;
  }
}

function fill(folder: string): string {
  const path = join(folder, 'ballast');
  const fd = openSync(path, 'w');
  for (let size = 1024 * 1024; size >= 512; ) {
    try {
      if (writeSync(fd, Buffer.alloc(size)) < size) size /= 2;
    } catch {
      size /= 2;
    }
  }
  closeSync(fd);
  return path;
}
