import { afterEach, describe, expect, test } from '@jest/globals';
import { createFakeClock } from '../../../tests/support/clock.ts';
import { startTestHttp, type TestHttp, testActors } from '../../../tests/support/http.ts';
import { createEventBus, type EventBus } from '../events/bus.ts';
import type { Authenticate } from '../http/endpoint.ts';
import { createLive, type Live } from './live.ts';
import { heartbeatMs, maxPending } from './live-stream.ts';

const clock = createFakeClock();
let http: TestHttp;
let live: Live;
let events: EventBus;
let open: SseReader[] = [];
let authenticate: Authenticate = testActors;

async function start(epoch = 1): Promise<void> {
  events = createEventBus((error) => {
    throw error;
  });
  live = createLive({
    events,
    clock,
    authenticate: (headers) => authenticate(headers),
    randomBytes: (size) => new Uint8Array(size).fill(epoch),
    maxStreams: 3,
  });
  http = await startTestHttp({ routes: live.routes, clock });
}

afterEach(async () => {
  for (const reader of open) await reader.cancel();
  open = [];
  live.stop();
  await http.stop();
  authenticate = testActors;
});

type Message = {
  readonly event?: string;
  readonly id?: string;
  readonly retry?: string;
  readonly data?: Record<string, unknown>;
};
type SseReader = { next(): Promise<Message | undefined>; cancel(): Promise<void> };

async function listen(topics: string, headers: Record<string, string> = {}, query = ''): Promise<SseReader> {
  const response = await http.call('GET', `/api/v1/events?topics=${topics}${query}`, { as: 'viewer', headers });
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  let text = '';
  const result: SseReader = {
    async next() {
      while (!text.includes('\n\n')) {
        const { value, done } = await reader.read();
        if (done) return undefined;
        text += Buffer.from(value).toString();
      }
      const end = text.indexOf('\n\n');
      const lines = text
        .slice(0, end)
        .split('\n')
        .filter((line) => !line.startsWith(':'));
      text = text.slice(end + 2);
      const fields = Object.fromEntries(
        lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
      );
      return { ...fields, ...(fields.data === undefined ? {} : { data: JSON.parse(fields.data) as Record<string, unknown> }) };
    },
    cancel: () => reader.cancel(),
  };
  open.push(result);
  return result;
}

const changed = (executionId: string, runId = 'run_1') =>
  events.emit('execution.changed', { executionId, runId, taskId: 'tsk_1', agentId: 'agt_1', state: 'running', attempt: 1 });

describe('a stream of events', () => {
  test('tells of its topics and of no other, at once', async () => {
    await start();
    const stream = await listen('run:run_1,agents');
    expect(await stream.next()).toEqual({ retry: '3000', id: '010101010101-0' });
    changed('exe_other', 'run_2');
    changed('exe_1');
    expect(await stream.next()).toEqual({
      id: '010101010101-2',
      data: {
        event: 'execution.changed',
        topics: ['run:run_1'],
        executionId: 'exe_1',
        runId: 'run_1',
        taskId: 'tsk_1',
        agentId: 'agt_1',
        state: 'running',
        attempt: 1,
      },
    });
  });

  test('gathers what comes within a quarter of a second, the newest of each subject', async () => {
    await start();
    const stream = await listen('execution:exe_1');
    await stream.next();
    events.emit('log.appended', { executionId: 'exe_1', size: 1 });
    expect((await stream.next())?.data).toMatchObject({ size: 1 });
    events.emit('log.appended', { executionId: 'exe_1', size: 2 });
    events.emit('execution.progress', { executionId: 'exe_1', runId: 'run_1', fraction: 0.5, text: '' });
    events.emit('log.appended', { executionId: 'exe_1', size: 3 });
    await clock.advance(250);
    expect([(await stream.next())?.data, (await stream.next())?.data]).toMatchObject([
      { event: 'execution.progress' },
      { event: 'log.appended', size: 3 },
    ]);
  });

  test('of too much is one resync', async () => {
    await start();
    const stream = await listen('run:run_1');
    await stream.next();
    changed('exe_0');
    await stream.next();
    for (let i = 1; i <= maxPending + 1; i += 1) changed(`exe_${i}`);
    await clock.advance(250);
    const message = await stream.next();
    expect(message).toMatchObject({ event: 'resync', id: `010101010101-${maxPending + 2}` });
  });

  test('beats while nothing happens, which moves it on', async () => {
    await start();
    const stream = await listen('agents');
    await stream.next();
    changed('exe_1');
    await clock.advance(heartbeatMs);
    expect(await stream.next()).toEqual({ event: 'here', id: '010101010101-1', data: {} });
  });

  test('tells the states of a run that is shown as a grid in one event, however many they are', async () => {
    await start();
    const stream = await listen('grid:run_1');
    await stream.next();
    for (let i = 0; i < 10_000; i += 1) changed(`exe_${i}`);
    changed('exe_0', 'run_2');
    events.emit('execution.progress', { executionId: 'exe_1', runId: 'run_1', fraction: 0.5, text: '' });
    const told = await stream.next();
    expect(told).toEqual({ event: 'states', data: { run_1: { running: expect.any(Array) } } });
    expect(JSON.stringify(told?.data).match(/exe_\d+/g)).toHaveLength(10_000);
    expect(await stream.next()).toEqual({ id: '010101010101-10002' });

    events.emit('execution.changed', {
      executionId: 'exe_1',
      runId: 'run_1',
      taskId: 't',
      agentId: null,
      state: 'running',
      attempt: 1,
    });
    events.emit('execution.changed', {
      executionId: 'exe_1',
      runId: 'run_1',
      taskId: 't',
      agentId: null,
      state: 'failed',
      attempt: 1,
    });
    events.emit('run.changed', { runId: 'run_1', taskId: 't', state: 'failed' });
    await clock.advance(250);
    expect(await stream.next()).toEqual({ event: 'states', data: { run_1: { failed: ['exe_1'] } } });
    expect((await stream.next())?.data).toMatchObject({ event: 'run.changed', state: 'failed' });
  });

  test('ends when its session or token is no longer known', async () => {
    await start();
    const stream = await listen('agents');
    await stream.next();
    authenticate = async () => undefined;
    await clock.advance(heartbeatMs);
    expect(await stream.next()).toEqual({ retry: '3000' });
    expect(await stream.next()).toBeUndefined();
  });

  test('ends when the server stops, and says when to come back', async () => {
    await start();
    const stream = await listen('agents');
    await stream.next();
    const stopped = http.server.stop(10_000);
    expect(await stream.next()).toEqual({ retry: '3000' });
    expect(await stream.next()).toBeUndefined();
    await stopped;
    expect(live.streams()).toBe(0);
  });

  test('that its client has left is forgotten', async () => {
    await start();
    const stream = await listen('agents');
    await stream.next();
    expect(live.streams()).toBe(1);
    await stream.cancel();
    while (live.streams() > 0) await new Promise((resolve) => setImmediate(resolve));
  });
});

describe('a stream that was cut', () => {
  test('goes on where it was', async () => {
    await start();
    for (const id of ['exe_1', 'exe_2', 'exe_3']) changed(id);
    const stream = await listen('run:run_1', { 'last-event-id': '010101010101-1' });
    expect(await stream.next()).toEqual({ retry: '3000' });
    expect([(await stream.next())?.data, (await stream.next())?.data]).toMatchObject([
      { executionId: 'exe_2' },
      { executionId: 'exe_3' },
    ]);
  });

  test('and so does a page that was read just before it opened its stream', async () => {
    await start();
    const position = live.position();
    changed('exe_1');
    const stream = await listen('run:run_1', {}, `&since=${position}`);
    await stream.next();
    expect((await stream.next())?.data).toMatchObject({ executionId: 'exe_1' });
  });

  test.each([['020202020202-1'], ['010101010101-900'], ['nonsense'], ['010101010101-x']])(
    'at %s, which is not known here, has to read everything anew',
    async (id) => {
      await start();
      changed('exe_1');
      const stream = await listen('run:run_1', { 'last-event-id': id });
      await stream.next();
      expect(await stream.next()).toEqual({ event: 'resync', id: '010101010101-1', data: {} });
    },
  );

  test('made for another role has to read everything anew: it may have changed before the stream began', async () => {
    await start();
    const position = live.position();
    const stream = await listen('run:run_1', {}, `&since=${position}&role=admin`);
    await stream.next();
    expect(await stream.next()).toMatchObject({ event: 'resync' });
    const own = await listen('run:run_1', {}, `&since=${position}&role=viewer`);
    await own.next();
    changed('exe_1');
    expect((await own.next())?.data).toMatchObject({ executionId: 'exe_1' });
  });

  test('too long ago has to read everything anew', async () => {
    await start();
    for (let i = 0; i < 2002; i += 1) changed('exe_1');
    const stream = await listen('agents', { 'last-event-id': '010101010101-1' });
    await stream.next();
    expect(await stream.next()).toMatchObject({ event: 'resync' });
  });
});

describe('what is refused', () => {
  test('an unknown topic, none, or nobody known', async () => {
    await start();
    for (const query of ['topics=secrets', 'topics=', 'topics=run:', '']) {
      expect((await http.call('GET', `/api/v1/events?${query}`, { as: 'viewer' })).status).toBe(422);
    }
    expect((await http.call('GET', '/api/v1/events?topics=agents')).status).toBe(401);
  });

  test('more streams than the server will hold', async () => {
    await start();
    for (let i = 0; i < 3; i += 1) await (await listen('agents')).next();
    const response = await http.call('GET', '/api/v1/events?topics=agents', { as: 'viewer' });
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ code: 'queue_full' });
  });
});
