import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { openStory, type Story } from '../../../tests/support/ledger-world/story.ts';

let story: Story;
beforeEach(async () => {
  story = await openStory();
});
afterEach(() => story.dispose());

const hostsUsed = (): string[] => story.starts.map(({ host }) => host.name);
const post = (policy: Readonly<Record<string, unknown>>): void => story.post({ owner: 'Anyone', ...policy });

async function failOnce(): Promise<void> {
  for (const host of story.hosts) host.agent.finish(0, 'failed');
  await story.flow();
  await story.pass(1);
  await story.flow();
}

describe('a retry of Anyone', () => {
  test('goes elsewhere when it is told to, and comes back when all have tried', async () => {
    await story.arrive(story.web1, story.web2, story.win1);
    post({ retries: { count: 3, delaySeconds: 1, factor: 1, jitter: 0, elsewhere: true } });
    await story.flow();
    for (let i = 0; i < 3; i += 1) await failOnce();
    expect(new Set(hostsUsed().slice(0, 3)).size).toBe(3);
    expect(hostsUsed()[3]).toBe(hostsUsed()[0]);
  });

  test('goes to the best host otherwise, be it the same one', async () => {
    await story.arrive(story.web1, story.web2, story.win1);
    post({ retries: { count: 2, delaySeconds: 1, factor: 1, jitter: 0 } });
    await story.flow();
    for (let i = 0; i < 2; i += 1) await failOnce();
    expect(new Set(hostsUsed()).size).toBe(1);
  });

  test('goes elsewhere behind a lock too', async () => {
    await story.arrive(story.web1, story.web2);
    post({ locks: ['db'], retries: { count: 1, delaySeconds: 1, jitter: 0, elsewhere: true } });
    await story.flow();
    await failOnce();
    expect(new Set(hostsUsed()).size).toBe(2);
  });
});
