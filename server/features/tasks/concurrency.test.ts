import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { taskInput } from '../../../shared/api/tasks.ts';
import { openStory, type Story } from '../../../tests/support/ledger-world/story.ts';
import { admin } from '../../../tests/support/ledger-world/world.ts';

let story: Story;
beforeEach(async () => {
  story = await openStory();
});
afterEach(() => story.dispose());

const post = (owner: string, policy: Readonly<Record<string, unknown>> = {}): void => story.post({ owner, ...policy });
const states = async (): Promise<string[]> => (await story.executions()).map(({ state }) => state);
const count = async (state: string): Promise<number> => (await states()).filter((one) => one === state).length;
const locks = () => story.server().feature.locks.list();

async function finishOne(host: Story['web1'], outcome: 'succeeded' | 'failed' = 'succeeded'): Promise<void> {
  host.agent.finish(0, outcome);
  await story.flow();
}

describe('a limit of a task', () => {
  test('is kept over all hosts, and everyone has a turn', async () => {
    await story.arrive(story.web1, story.web2, story.win1);
    post('ALL', { maxConcurrent: 1 });
    await story.flow();
    expect(await states()).toEqual(['running', 'queued', 'queued']);
    await finishOne(story.web1);
    expect(await states()).toEqual(['succeeded', 'running', 'queued']);
    await finishOne(story.web2);
    await finishOne(story.win1);
    expect(await states()).toEqual(['succeeded', 'succeeded', 'succeeded']);
  });

  test('says of those that wait what they wait for, and who has it', async () => {
    await story.arrive(story.web1, story.web2);
    post('ALL', { maxConcurrent: 1 });
    await story.flow();
    const [holder, waiting] = await story.executions();
    expect(waiting).toMatchObject({
      state: 'queued',
      reason: 'concurrency',
      reasonText: `Waits for its turn: 1 of this task run at a time, held by ${holder?.id} on web1.`,
    });
  });

  test('counts work of Anyone, two at a time', async () => {
    await story.arrive(story.web1, story.web2, story.win1);
    for (let i = 0; i < 4; i += 1) post('Anyone', { locks: [{ name: 'pair', limit: 2 }] });
    await story.flow();
    expect(await count('running')).toBe(2);
  });
});

describe('a lock', () => {
  test('is one for all tasks that name it, first come, first served', async () => {
    await story.arrive(story.web1, story.web2, story.win1);
    for (const owner of ['web1', 'web2', 'win1']) {
      post(owner, { name: owner, locks: ['db-restart'] });
      await story.settled();
    }
    await story.flow();
    expect(await states()).toEqual(['running', 'queued', 'queued']);
    const [first] = await story.executions();
    expect(await locks()).toMatchObject({
      items: [
        {
          name: 'db-restart',
          limit: 1,
          held: 1,
          waiting: 2,
          holders: [{ execution: first?.id, taskName: 'web1', agentName: 'web1' }],
        },
      ],
    });
    await finishOne(story.web1);
    expect(await states()).toEqual(['succeeded', 'running', 'queued']);
    await finishOne(story.web2);
    await finishOne(story.win1);
    expect(await locks()).toEqual({ items: [], truncated: false });
  });

  test('is not waited for by way of a host that is away', async () => {
    post('web1', { locks: ['db'] });
    await story.settled();
    await story.arrive(story.web2);
    post('web2', { locks: ['db'] });
    await story.flow();
    expect(await states()).toEqual(['queued', 'running']);
    expect((await story.executions())[0]).toMatchObject({ reason: 'host_offline' });
  });

  test('stays with work whose agent fell silent, until that is lost', async () => {
    await story.arrive(story.web1, story.web2);
    post('web1', { locks: ['db'] });
    await story.flow();
    post('web2', { locks: ['db'], expiresAfter: '1d' });
    story.cut(story.web1);
    await story.pass(130);
    expect(await states()).toEqual(['unknown', 'queued']);
    const [silent, waiting] = await story.executions();
    expect((await locks()).items).toMatchObject([{ held: 1, waiting: 1, holders: [{ agentName: 'web1', state: 'unknown' }] }]);
    expect(waiting?.reasonText).toContain(`held by ${silent?.id} on web1`);
    await story.pass(2 * 3600);
    await story.flow();
    expect(await states()).toEqual(['lost', 'running']);
  });

  test('stays with work that waits for its retry, and is let go by work that was never started', async () => {
    await story.arrive(story.web1, story.web2);
    post('web1', { locks: ['db'], retries: { count: 1, delaySeconds: 100, jitter: 0 } });
    await story.settled();
    post('web2', { locks: ['db'] });
    await story.flow();
    await finishOne(story.web1, 'failed');
    expect(await states()).toEqual(['queued', 'queued']);
    expect((await locks()).items).toMatchObject([{ held: 1, waiting: 1 }]);
    await story.pass(101);
    await story.flow();
    expect(await states()).toEqual(['running', 'queued']);
    await finishOne(story.web1);
    expect(await states()).toEqual(['succeeded', 'running']);
    await finishOne(story.web2);

    story.web1.agent.mood = 'holds';
    post('web1', { locks: ['db'] });
    await story.settled();
    post('web2', { locks: ['db'] });
    await story.flow();
    expect((await states()).slice(2)).toEqual(['offered', 'queued']);
    story.cut(story.web1);
    await story.flow();
    expect((await states()).slice(2)).toEqual(['queued', 'running']);
  });

  test('is held by the same one after a restart of the server', async () => {
    await story.arrive(story.web1, story.web2);
    for (const owner of ['web1', 'web2']) {
      post(owner, { locks: ['db'] });
      await story.settled();
    }
    await story.flow();
    await story.restart(0);
    await story.arrive(story.web1, story.web2);
    expect(await states()).toEqual(['running', 'queued']);
    await finishOne(story.web1);
    expect(await states()).toEqual(['succeeded', 'running']);
  });

  test('two of them: no one is overtaken for ever, and no two wait for each other', async () => {
    await story.arrive(story.web1, story.web2, story.win1);
    for (const [owner, names] of [
      ['web1', ['b']],
      ['web2', ['a', 'b']],
      ['win1', ['a']],
      ['win1', ['b', 'a']],
    ] as const) {
      post(owner, { locks: [...names] });
      await story.settled();
    }
    await story.flow();
    // the third could have its lock, but the second came first
    expect(await states()).toEqual(['running', 'queued', 'queued', 'queued']);
    await finishOne(story.web1);
    expect(await states()).toEqual(['succeeded', 'running', 'queued', 'queued']);
    await finishOne(story.web2);
    await finishOne(story.win1);
    await finishOne(story.win1);
    expect(await states()).toEqual(['succeeded', 'succeeded', 'succeeded', 'succeeded']);
  });

  test('that many hosts wait for lets those behind hosts that are away pass', async () => {
    await story.arrive(story.web1);
    for (let i = 0; i < 3; i += 1) post('win1', { locks: ['db'], expiresAfter: '1d' });
    await story.settled();
    post('web1', { locks: ['db'] });
    post('web1');
    await story.flow();
    expect(await states()).toEqual(['queued', 'queued', 'queued', 'running', 'running']);
  });

  test('of a silent agent is let go when somebody cancels its work, though the agent never answers', async () => {
    await story.arrive(story.web1, story.web2);
    post('web1', { locks: ['db'], graceSeconds: 5 });
    await story.flow();
    post('web2', { locks: ['db'] });
    story.cut(story.web1);
    await story.pass(130);
    const [silent] = await story.executions();
    await story.server().feature.executions.cancel(silent?.id ?? '', admin);
    await story.settled();
    expect(await states()).toEqual(['cancelling', 'queued']);
    await story.pass(40);
    await story.flow();
    expect(await states()).toEqual(['cancelled', 'running']);
  });

  test.each(['', 'a b', '../x', '-x', '.x', 'lock:x', 'x\n', "x'--", 'é', 'x'.repeat(65)])('cannot have the name %j', (name) => {
    expect(taskInput.safeParse({ owner: 'ALL', plugin: 'any', locks: [name] }).success).toBe(false);
  });

  test('is named once by a task', () => {
    const locks = ['a', { name: 'a', limit: 2 }];
    expect(taskInput.safeParse({ owner: 'ALL', plugin: 'any', locks }).success).toBe(false);
  });

  test('that very many wait for hides no work that needs another one', async () => {
    await story.arrive(story.web1, story.web2);
    post('web2', { locks: ['busy'] });
    await story.flow();
    for (let i = 0; i < 501; i += 1) post('web1', { locks: ['busy'] });
    await story.settle();
    post('web1', { locks: ['free'] });
    await story.flow();
    expect((await states()).at(-1)).toBe('running');
  });

  test('that is free, at the front of which very many wait for another one, keeps the dispatcher at rest', async () => {
    await story.arrive(story.web1, story.web2);
    post('web2', { locks: ['b'] });
    await story.flow();
    for (let i = 0; i < 201; i += 1) post('web1', { locks: ['a', 'b'] });
    await story.flow();
    expect(await count('queued')).toBe(201);
    await finishOne(story.web2);
    expect(await count('running')).toBe(1);
  });

  test('with several limits lets those behind go who have a larger one', async () => {
    await story.arrive(story.web1, story.web2);
    post('web1', { locks: ['a'] });
    await story.settled();
    post('web1', { locks: ['a'] });
    await story.settled();
    post('web2', { locks: [{ name: 'a', limit: 2 }] });
    await story.flow();
    expect(await states()).toEqual(['running', 'queued', 'queued']);
    await finishOne(story.web1);
    expect(await states()).toEqual(['succeeded', 'running', 'running']);
  });

  test('is given back by what is cancelled, whether it ran or waited', async () => {
    await story.arrive(story.web1, story.web2, story.win1);
    for (const owner of ['web1', 'web2', 'win1']) {
      post(owner, { locks: ['db'] });
      await story.settled();
    }
    await story.flow();
    const [running, waiting] = await story.executions();
    const { executions } = story.server().feature;

    await executions.cancel(waiting?.id ?? '', admin);
    await executions.cancel(running?.id ?? '', admin);
    await story.flow();
    await finishOne(story.web1);
    expect((await states())[2]).toBe('running');
  });
});
