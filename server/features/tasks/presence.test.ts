import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { openStory, type Story } from '../../../tests/support/ledger-world/story.ts';
import { admin } from '../../../tests/support/ledger-world/world.ts';

let story: Story;
beforeEach(async () => {
  story = await openStory();
});
afterEach(() => story.dispose());

const cancelFirst = async (): Promise<void> => {
  const [execution] = await story.executions();
  await story.server().feature.executions.cancel(execution?.id ?? '', admin);
};

/** Work that runs on web1. */
async function runOnWeb1(input: Record<string, unknown> = {}): Promise<void> {
  await story.arrive(story.web1);
  story.post({ owner: 'web1', ...input });
  await story.flow();
  expect(await story.executions()).toMatchObject([{ state: 'running' }]);
}

describe('a cancel', () => {
  test('that an agent did not hear of reaches it on its return, and it answers with all of its log', async () => {
    await runOnWeb1();
    story.web1.agent.print(0, 'before ');
    await story.flow();
    story.cut(story.web1);
    await story.settled();
    story.web1.agent.print(0, 'and after');
    await cancelFirst();
    await story.arrive(story.web1);
    expect(await story.executions()).toMatchObject([
      { state: 'cancelled', reason: 'cancel_requested', reasonText: 'Cancelled by token:test.', logBytes: 16 },
    ]);
  });

  test('that comes between the answer to the hello and the open connection is not lost', async () => {
    await runOnWeb1();
    story.connect(story.web1);
    story.run(cancelFirst);
    await story.flow();
    expect(await story.executions()).toMatchObject([{ state: 'cancelled', reason: 'cancel_requested' }]);
  });

  test('that nobody answers says who asked for it and that it was forced', async () => {
    await runOnWeb1();
    story.web1.agent.print(0, 'some output');
    await story.flow();
    story.cut(story.web1);
    await story.settled();
    await cancelFirst();
    await story.pass(60);
    expect(await story.executions()).toMatchObject([
      {
        state: 'cancelled',
        reason: 'cancel_forced',
        reasonText: expect.stringMatching(/^Cancelled by token:test\. Cancelled on the ledger alone/),
        logBytes: 11,
      },
    ]);
  });
});

describe('an agent that is away', () => {
  test('is not declared silent once it is back, though a sweep looked just before its connection was open', async () => {
    await runOnWeb1();
    story.cut(story.web1);
    await story.settled();
    const { feature } = story.server();
    await feature.presence.returned(story.web1.id, story.web1.agent.hello());
    await feature.sweep();
    story.web1.connected = true;
    feature.agentChanged(story.web1.id);
    await story.clock.advance(31_000);
    await feature.sweep();
    expect(await story.executions()).toMatchObject([{ state: 'running' }]);
  });

  test('keeps its answer when the time limit passes meanwhile: the truth is on the host', async () => {
    await runOnWeb1({ timeoutSeconds: 10, graceSeconds: 0 });
    story.web1.agent.finish(0, 'succeeded');
    story.cut(story.web1);
    await story.settled();
    await story.pass(1);
    await story.pass(3000);
    expect(await story.executions()).toMatchObject([{ state: 'unknown', reason: 'agent_silent' }]);
    await story.arrive(story.web1);
    expect(await story.executions()).toMatchObject([{ state: 'succeeded' }]);
  });

  test('that is lost leaves the log that it has sent', async () => {
    await runOnWeb1();
    story.web1.agent.print(0, 'so far');
    await story.flow();
    story.cut(story.web1);
    for (const seconds of [1, 31, 3601]) await story.pass(seconds);
    expect(await story.executions()).toMatchObject([{ state: 'lost', reason: 'given_up', logBytes: 6 }]);
  });

  test('is not waited for where nothing of it is held', async () => {
    await story.arrive(story.web1);
    story.cut(story.web1);
    await story.pass(31);
    story.post({ owner: 'web1' });
    await story.settled();
    expect(await story.executions()).toMatchObject([{ state: 'queued', reason: 'host_offline' }]);
  });
});

describe('an agent that accepted and then declines, because it stops', () => {
  test('has started nothing: the work goes back to the queue', async () => {
    await story.arrive(story.web1);
    story.post({ owner: 'web1' });
    await story.settled();
    story.toAgent(story.web1, 10);
    const { execution = '', attempt = 0 } = (story.web1.said.at(-1) ?? {}) as { execution?: string; attempt?: number };
    story.web1.agent.disconnected();
    story.toServer(story.web1, 10);
    await story.settle();
    expect(await story.executions()).toMatchObject([{ state: 'running' }]);
    const { link } = story.web1;
    if (link !== undefined)
      await story
        .server()
        .handle(link.connection, { type: 'decline', execution, attempt, reason: 'stopping', message: 'stopping' });
    expect(await story.executions()).toMatchObject([{ state: 'queued', reason: 'agent_declined' }]);
  });

  test('gets `start` once more when it accepts twice, and goes on', async () => {
    await runOnWeb1();
    const { link, agent, said } = story.web1;
    const accept = said.find(({ type }) => type === 'accept');
    if (link !== undefined && accept !== undefined) await story.server().handle(link.connection, accept);
    expect(link?.toAgent.at(-1)).toMatchObject({ type: 'start', attempt: 1 });
    await story.flow();
    agent.finish(0, 'succeeded');
    await story.flow();
    expect(await story.executions()).toMatchObject([{ state: 'succeeded' }]);
    expect(story.starts).toHaveLength(1);
  });
});

test('an accept whose connection is gone before `start` could leave is taken back at once', async () => {
  await story.arrive(story.web1);
  story.post({ owner: 'web1' });
  await story.settled();
  story.toAgent(story.web1, 10);
  Object.assign(story.web1.link?.connection ?? {}, { send: () => false });
  story.web1.status = 'Idle';
  story.toServer(story.web1, 10);
  await story.settle();
  expect(await story.executions()).toMatchObject([{ state: 'queued', attempt: 1 }]);
  const { attempts } = await story.server().feature.executions.get((await story.executions())[0]?.id ?? '');
  expect(attempts).toMatchObject([{ outcome: 'not_started', reason: 'never_started' }]);
});

describe('a restart of the server', () => {
  test('gives agents time to bring the answers to deadlines that passed while it was down', async () => {
    await story.arrive(story.web1, story.web2);
    story.post({ owner: 'web1', timeoutSeconds: 10, graceSeconds: 0 });
    story.post({ owner: 'web2' });
    await story.flow();
    story.cut(story.web2);
    await story.pass(1);
    await story.pass(31);
    expect((await story.executions()).map(({ state }) => state)).toEqual(['running', 'unknown']);
    for (const { agent } of story.hosts) agent.finish(0, 'succeeded');
    await story.clock.advance(7_200_000);
    await story.restart(0);
    await story.pass(1);
    await story.pass(60);
    expect((await story.executions()).map(({ state }) => state)).toEqual(['unknown', 'unknown']);
    await story.arrive(story.web1, story.web2);
    expect((await story.executions()).map(({ state }) => state)).toEqual(['succeeded', 'succeeded']);
  });

  test('does not keep anything open for ever', async () => {
    await runOnWeb1();
    await story.clock.advance(7_200_000);
    await story.restart(0);
    for (const seconds of [1, 121, 3601]) await story.pass(seconds);
    expect(await story.executions()).toMatchObject([{ state: 'lost', reason: 'given_up' }]);
  });

  test('ends the work of an agent that was revoked as the server stopped', async () => {
    await runOnWeb1();
    story.post({ owner: 'web1' });
    await story.settled();
    story.web1.status = 'Revoked';
    await story.restart(0);
    expect(await story.executions()).toMatchObject([
      { state: 'lost', reason: 'agent_removed' },
      { state: 'cancelled', reason: 'agent_removed' },
    ]);
  });
});

test('idempotent work of `Anyone` goes to another host when its own is removed', async () => {
  await story.arrive(story.web1, story.win1);
  story.post({
    owner: 'Anyone',
    idempotent: true,
    retries: { count: 1, delaySeconds: 0, factor: 1, capSeconds: 0, jitter: 0, elsewhere: false, on: ['lost'] },
  });
  await story.flow();
  const [execution] = await story.executions();
  const host = story.hosts.find(({ name }) => name === execution?.agentName);
  if (host !== undefined) story.revoke(host);
  await story.flow();
  const [again] = await story.executions();
  expect(again).toMatchObject({ state: 'running', attempt: 2 });
  expect(again?.agentName).not.toBe(execution?.agentName);
});
