import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { MusterError } from '../../../shared/errors.ts';
import { openStory, type Story } from '../../../tests/support/ledger-world/story.ts';
import { admin } from '../../../tests/support/ledger-world/world.ts';

let story: Story;
let isDiskFull = false;
beforeEach(async () => {
  isDiskFull = false;
  story = await openStory((db) => ({
    ...db,
    write: (work) => (isDiskFull ? Promise.reject(new MusterError('disk_full', 'The disk is full.')) : db.write(work)),
  }));
});
afterEach(() => story.dispose());

const states = async (): Promise<string[]> => (await story.executions()).map(({ state }) => state);

describe('who is looked at', () => {
  test('a row that is cancelled while it is about to be offered leaves its slot to the next one', async () => {
    await story.arrive(story.web2);
    story.web2.agent.mood = 'holds';
    const { feature } = story.server();
    // wherever in the pass the cancel comes
    for (let delay = 0; delay < 24; delay += 1) {
      for (let i = 0; i < 3; i += 1) story.post({ owner: 'web2' });
      await story.flow();
      const [offered, next, last] = (await story.executions()).slice(-3);
      const cancel = (execution: typeof next) => feature.executions.cancel(execution?.id ?? '', admin);
      await cancel(offered);
      story.run(() => cancel(next));
      for (let i = 0; i < delay; i += 1) await Promise.resolve();
      story.startLoops();
      await story.settled();
      expect((await states()).slice(-3)).toEqual(['cancelled', 'cancelled', 'offered']);
      await cancel(last);
    }
  });

  test('work that expired is not offered any more, even if its host returns before the sweep has seen it', async () => {
    story.post({ owner: 'web1', expiresAfter: 60 });
    await story.settled();
    await story.clock.advance(60_000);
    await story.arrive(story.web1);
    expect(await states()).toEqual(['queued']);
    await story.pass(0);
    expect(await states()).toEqual(['expired']);
  });

  test('an offer whose connection is gone at this moment goes back to the queue at once', async () => {
    await story.arrive(story.web1);
    const { link } = story.web1;
    const send = link?.connection.send;
    Object.assign(link?.connection ?? {}, { send: () => false });
    story.post({ owner: 'web1' });
    await story.settled();
    expect(await story.executions()).toMatchObject([
      { state: 'queued', reason: 'lease_ended', reasonText: 'The connection of web1 was gone before the offer could leave.' },
    ]);
    Object.assign(link?.connection ?? {}, { send });
    await story.pass(1);
    expect(await story.executions()).toMatchObject([{ state: 'offered', attempt: 2 }]);
  });

  test('a pass that fails is made up for by the next one', async () => {
    await story.arrive(story.web1);
    const { feature } = story.server();
    story.web1.status = 'Idle';
    story.post({ owner: 'web1' });
    story.post({ owner: 'Anyone' });
    await story.settled();
    story.web1.status = 'Online';
    feature.agentChanged(story.web1.id);
    isDiskFull = true;
    await expect(feature.dispatch()).rejects.toMatchObject({ code: 'disk_full' });
    isDiskFull = false;
    await feature.dispatch();
    expect(await states()).toEqual(['offered', 'offered']);
  });

  test('a pass that nobody asked for looks at all that waits', async () => {
    await story.arrive(story.web1);
    story.web1.status = 'Idle';
    story.post({ owner: 'web1' });
    story.post({ owner: 'Anyone' });
    await story.settled();
    story.web1.status = 'Online';
    await story.server().feature.dispatch();
    expect(await states()).toEqual(['offered', 'offered']);
  });

  test('a long queue that nobody can run does not keep back what is behind it', async () => {
    await story.arrive(story.web1);
    for (let i = 0; i < 2600; i += 1) story.post({ owner: 'Anyone', plugin: 'windows' });
    await story.settle();
    story.post({ owner: 'Anyone' });
    await story.settle();
    const { items } = await story.server().feature.executions.list({ limit: 1 });
    expect(items).toMatchObject([{ state: 'offered', agentName: 'web1' }]);
  });
});

describe('Anyone', () => {
  test('goes elsewhere when an agent declines, though that one has more room', async () => {
    await story.arrive(story.web1, story.web2);
    story.web1.agent.mood = 'declines';
    story.post({ owner: 'Anyone' });
    await story.flow();
    const [execution] = await story.executions();
    expect(execution).toMatchObject({ state: 'running', agentName: 'web2', attempt: 2 });
    const detail = await story.server().feature.executions.get(execution?.id ?? '');
    expect(detail).toMatchObject({
      attempts: [{ attempt: 1, agentName: 'web1', outcome: 'not_started', reason: 'agent_declined' }],
      assignment: { because: expect.stringContaining('besides 1 that were asked before') },
    });
  });

  test('goes elsewhere when nobody answers within the lease', async () => {
    await story.arrive(story.web1, story.web2);
    story.web1.agent.mood = 'holds';
    story.post({ owner: 'Anyone' });
    await story.flow();
    expect(await story.executions()).toMatchObject([{ state: 'offered', agentName: 'web1' }]);
    await story.pass(30);
    await story.flow();
    expect(await story.executions()).toMatchObject([{ state: 'running', agentName: 'web2' }]);
  });

  test('goes elsewhere when the host lacks what the plugin needs, and is rejected when all of them do', async () => {
    await story.arrive(story.web1, story.web2);
    story.web1.agent.mood = 'lacks_runtime';
    story.post({ owner: 'Anyone' });
    await story.flow();
    expect(await story.executions()).toMatchObject([{ state: 'running', agentName: 'web2' }]);
    story.web2.agent.finish(0, 'succeeded');
    await story.flow();
    story.web2.agent.mood = 'lacks_runtime';
    story.post({ owner: 'Anyone' });
    await story.flow();
    expect((await story.executions())[1]).toMatchObject({ state: 'rejected', reason: 'runtime_missing', attempt: 2 });
  });

  test('is offered again ever more rarely when everybody declines, and its attempts do not fill the disk', async () => {
    await story.arrive(story.web1, story.web2, story.win1);
    for (const { agent } of story.hosts) agent.mood = 'declines';
    story.post({ owner: 'Anyone', expiresAfter: 86_400 });
    for (let second = 0; second < 3600; second += 30) {
      await story.flow();
      await story.pass(30);
    }
    const [execution] = await story.executions();
    expect(execution).toMatchObject({ state: 'queued', reason: 'agent_declined' });
    expect(execution?.attempt).toBeLessThan(90);
    const { attempts } = await story.server().feature.executions.get(execution?.id ?? '');
    expect(attempts.length).toBeLessThanOrEqual(20);
  });

  test('says what it waits for: an agent that can run the plugin, or a free slot', async () => {
    await story.arrive(story.web1);
    story.post({ owner: 'Anyone', plugin: 'windows' });
    await story.settled();
    expect(await story.executions()).toMatchObject([{ state: 'queued', reason: 'no_eligible_agent' }]);
    await story.arrive(story.win1);
    for (let i = 0; i < 2; i += 1) story.post({ owner: 'win1' });
    story.post({ owner: 'Anyone', plugin: 'windows' });
    await story.flow();
    expect((await story.executions()).at(-1)).toMatchObject({ state: 'queued', reason: 'slots_full' });
  });
});
