import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Offer } from '../../../shared/protocol.ts';
import { openTestLedger, type ScriptedAgent, type TestLedger } from '../../../tests/support/ledger.ts';
import { createLogs, type LogsService } from './logs.service.ts';

let ledger: TestLedger;
let web: ScriptedAgent;
let offer: Offer;
let logs: LogsService;
beforeEach(async () => {
  ledger = await openTestLedger();
  const { db, clock, events } = ledger;
  logs = createLogs({ db, clock, events });
  web = ledger.agent('web');
  await ledger.post({ owner: 'web' });
  await ledger.settle();
  offer = web.offers()[0] as Offer;
  await web.accept(offer);
});
afterEach(() => ledger.dispose());

let sent = 0;
beforeEach(() => {
  sent = 0;
});
const write = async (...texts: readonly string[]): Promise<void> => {
  const { execution, attempt } = offer;
  const messages = texts.map((text) => {
    const offset = sent;
    sent += Buffer.byteLength(text);
    return { type: 'log', execution, attempt, offset, stream: 'out', at: ledger.clock.now(), text } as const;
  });
  await Promise.all(messages.map(web.say));
};
const textOf = (chunks: readonly { readonly text: string }[]): string => chunks.map(({ text }) => text).join('');
const read = (offset: number, limit: number) => logs.read(offer.execution, { offset, limit });
const never = new AbortController().signal;
const isFinal = () => ledger.feature.executions.isFinal(offer.execution);
const follow = (offset: number, wait: number, signal = never, limit = 1_000_000) =>
  logs.follow(offer.execution, { offset, limit, wait }, isFinal, signal);

describe('read', () => {
  test('an execution without output has an empty log', async () => {
    expect(await read(0, 100)).toEqual({ chunks: [], next: 0, size: 0 });
    expect(await read(50, 100)).toEqual({ chunks: [], next: 0, size: 0 });
  });

  test('goes across chunks up to about the limit, and says where to go on', async () => {
    await write('one ', 'two ', 'three ', 'four');
    expect(await read(0, 100)).toMatchObject({ next: 18, size: 18 });
    expect(textOf((await read(0, 100)).chunks)).toBe('one two three four');
    const first = await read(0, 5);
    expect([textOf(first.chunks), first.next]).toEqual(['one two ', 8]);
    const second = await read(first.next, 1);
    expect([textOf(second.chunks), second.next]).toEqual(['three ', 14]);
    expect(await read(18, 100)).toEqual({ chunks: [], next: 18, size: 18 });
  });

  test('a chunk is never split: reading from its middle answers it whole, with its own offset', async () => {
    await write('one ', 'two ');
    const { chunks, next } = await read(6, 100);
    expect(chunks).toMatchObject([{ offset: 4, text: 'two ', stream: 'out' }]);
    expect(next).toBe(8);
  });

  test('a log of thousands of lines is read to its end, page by page', async () => {
    const lines = Array.from({ length: 1500 }, (_, index) => `line ${index} grüße\n`);
    await write(...lines);
    let text = '';
    let pages = 0;
    for (let next = 0; next < sent; pages += 1) {
      const slice = await read(next, 4000);
      text += textOf(slice.chunks);
      next = slice.next;
    }
    expect(text).toBe(lines.join(''));
    expect(pages).toBeLessThan(10);
  });
});

describe('head', () => {
  test('is the first bytes, cut between characters', async () => {
    await write('ab', 'üü', 'zz');
    expect(await logs.head(offer.execution, 100)).toMatchObject({ text: 'abüüzz', truncated: false });
    expect(await logs.head(offer.execution, 8)).toMatchObject({ text: 'abüüzz', truncated: false });
    expect(await logs.head(offer.execution, 5)).toMatchObject({ text: 'abü', truncated: true });
    expect(await logs.head(offer.execution, 6)).toMatchObject({ text: 'abüü', truncated: true });
  });

  test('keeps a character that stands for broken output where it was written', async () => {
    await write('a\uFFFD', 'b');
    expect(await logs.head(offer.execution, 4)).toMatchObject({ text: 'a\uFFFD', truncated: true });
  });
});

describe('follow', () => {
  test('answers at once what is there', async () => {
    await write('here');
    expect(await follow(0, 60)).toMatchObject({ final: false, slice: { chunks: [{ text: 'here' }] } });
  });

  test('waits for more, and answers it', async () => {
    await write('here');
    const more = follow(4, 60);
    await write(' and more');
    expect(await more).toMatchObject({ slice: { chunks: [{ offset: 4, text: ' and more' }], next: 13 } });
    expect(ledger.clock.pending()).toBe(0);
  });

  test('does not miss what is written while it looks', async () => {
    for (let i = 0; i < 50; i += 1) {
      const offset = sent;
      const more = follow(offset, 60);
      for (let turn = 0; turn < i % 12; turn += 1) await Promise.resolve();
      const writing = write(`line ${i}\n`);
      expect((await more).slice.chunks).toHaveLength(1);
      await writing;
    }
    expect(ledger.clock.pending()).toBe(0);
  });

  test('answers a log that is flooded in larger pieces, and its end at once', async () => {
    const more = follow(0, 60);
    await write('x'.repeat(20_000));
    await write('x'.repeat(20_000));
    await ledger.clock.advance(199);
    await write('x'.repeat(20_000));
    await ledger.clock.advance(1);
    expect((await more).slice).toMatchObject({ chunks: [{}, {}, {}], next: 60_000 });
    await write('x'.repeat(20_000));
    const last = follow(60_000, 60);
    await web.end(offer, { logSize: 80_000 });
    expect(await last).toMatchObject({ final: true, slice: { chunks: [{}], next: 80_000 } });
    expect(ledger.clock.pending()).toBe(0);
  });

  test('does not wait for an execution that ends while it looks', async () => {
    const more = follow(0, 60);
    await web.end(offer);
    expect(await more).toMatchObject({ final: true, slice: { chunks: [] } });
    expect(await follow(0, 60)).toMatchObject({ final: true });
    expect(ledger.clock.pending()).toBe(0);
  });

  test('gives up when the time is up, or when nobody listens any more', async () => {
    const timedOut = follow(0, 5);
    await ledger.clock.advance(5000);
    expect(await timedOut).toMatchObject({ final: false, slice: { chunks: [] } });
    const leaving = new AbortController();
    const left = follow(0, 60, leaving.signal);
    leaving.abort();
    expect(await left).toMatchObject({ slice: { chunks: [] } });
    expect(await follow(0, 0)).toMatchObject({ slice: { chunks: [] } });
    expect(ledger.clock.pending()).toBe(0);
  });
});

test('the sizes of many logs are told at once', async () => {
  await write('four');
  await ledger.post({ owner: 'web' });
  const { items } = await ledger.feature.executions.list({ limit: 10 });
  expect(await logs.sizesOf(items.map(({ id }) => id))).toEqual(new Map([[offer.execution, 4]]));
  expect(await logs.sizesOf([])).toEqual(new Map());
  expect(items.map(({ logBytes }) => logBytes)).toEqual([0, 4]);
});

test('an agent cannot write more than the output limit of the task, and a little for the mark of what it cut', async () => {
  await ledger.post({ owner: 'web', outputLimitBytes: 100_000 });
  await ledger.settle();
  offer = web.offers().at(-1) as Offer;
  await web.accept(offer);
  await write('x'.repeat(60_000), 'x'.repeat(40_000), '[cut]');
  expect((await read(0, 1)).size).toBe(100_005);
  await write('x'.repeat(10_000));
  expect((await read(0, 1)).size).toBe(100_005);
  expect(web.received.at(-1)).toMatchObject({ type: 'stop', execution: offer.execution, reason: 'given_up' });
});
