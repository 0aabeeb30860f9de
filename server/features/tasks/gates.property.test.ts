import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Execution } from '../../../shared/api/executions.ts';
import { openStory, type Story } from '../../../tests/support/ledger-world/story.ts';

/** `MUSTER_PROPERTY_RUNS` sets how many lines are tried. */
const runs = Number(process.env.MUSTER_PROPERTY_RUNS ?? 20);

const names = ['web1', 'web2', 'win1'] as const;
type Owner = (typeof names)[number];

const post = fc.record({
  do: fc.constant('post' as const),
  owner: fc.constantFrom<Owner[]>(...names),
  locks: fc.constantFrom<string[][]>([], ['a'], ['a'], ['b'], ['a', 'b'], ['b', 'a', 'c'], ['c']),
});
const finish = fc.record({
  do: fc.constant('finish' as const),
  host: fc.constantFrom<Owner[]>(...names),
  which: fc.nat({ max: 1 }),
});
const line = fc.array(fc.oneof({ weight: 3, arbitrary: post }, { weight: 2, arbitrary: finish }), {
  minLength: 5,
  maxLength: 40,
  size: 'max',
});

test(
  'a lock goes to the one who came first of those whose host has room, and everyone has a turn',
  async () => {
    await fc.assert(
      fc.asyncProperty(line, async (steps) => {
        const story = await openStory();
        try {
          await story.arrive(story.web1, story.web2, story.win1);
          const locks: string[][] = [];
          let before = new Set<string>();
          for (const step of steps) {
            if (step.do === 'post') locks.push(step.locks);
            if (step.do === 'post')
              story.post({ owner: step.owner, locks: step.locks.map((name) => ({ name, limit: 1 })), expiresAfter: 604_800 });
            else story[step.host].agent.finish(step.which, 'succeeded');
            await story.flow();
            before = fairly(await story.executions(), locks, before, story);
          }
          for (let turn = 0; turn < locks.length; turn += 1) {
            for (const name of names) story[name].agent.finish(0, 'succeeded');
            await story.flow();
            before = fairly(await story.executions(), locks, before, story);
          }
          expect((await story.executions()).filter(({ state }) => state !== 'succeeded')).toEqual([]);
        } finally {
          await story.dispose();
        }
      }),
      { numRuns: runs },
    );
  },
  20_000 + runs * 2000,
);

/** @returns those that have begun */
function fairly(rows: readonly Execution[], locks: readonly string[][], before: ReadonlySet<string>, story: Story): Set<string> {
  const running = (owner: string | null): number =>
    rows.filter(({ state, agentName }) => state === 'running' && agentName === owner).length;
  const begun = new Set(rows.filter(({ state }) => state !== 'queued').map(({ id }) => id));
  for (const [index, row] of rows.entries()) {
    if (!begun.has(row.id) || before.has(row.id)) continue;
    const overtaken = rows.findIndex(
      ({ id, agentName }, older) =>
        older < index &&
        !begun.has(id) &&
        locks[older]?.some((lock) => locks[index]?.includes(lock)) === true &&
        running(agentName) < story[agentName as Owner].slots,
    );
    if (overtaken >= 0) throw new Error(`${index} took ${locks[index]} before ${overtaken}, which waits for ${locks[overtaken]}`);
  }
  return begun;
}
