import { afterAll, beforeAll, test } from '@jest/globals';
import { openTestDatabase, type TestDatabase } from '../../../tests/support/database.ts';
import { type Invariants, watch } from '../../../tests/support/ledger-world/invariants.ts';
import { memoryFolder } from '../../../tests/support/ledger-world/memory-folder.ts';
import { perform } from '../../../tests/support/ledger-world/perform.ts';
import type { Step } from '../../../tests/support/ledger-world/steps.ts';
import { openWorld } from '../../../tests/support/ledger-world/world.ts';

/** Histories that broke a promise once, as `ledger.property.test.ts` found and shortened them. */

let database: TestDatabase;
let invariants: Invariants;
beforeAll(async () => {
  database = await openTestDatabase(memoryFolder);
  invariants = await watch(database.db);
});
afterAll(() => database.dispose());

const web1 = 0;
const web2 = 1;
const post = (owner: string, policy: Record<string, unknown> = {}): Step => ({ do: 'post', owner, plugin: 'any', policy });
const flow = (rounds: number): Step => ({ do: 'flow', rounds });
const pass = (seconds: number): Step => ({ do: 'pass', seconds });
const together = (...steps: readonly Step[]): Step => ({ do: 'together', steps });

const schedule = (policy: Record<string, unknown>): Step => ({
  do: 'schedule',
  owner: 'ALL',
  everySeconds: 30,
  endsAfter: null,
  policy,
});

const histories: [what: string, steps: readonly Step[]][] = [
  [
    'a run by hand let a second firing wait with `overlap: queue`',
    [schedule({ overlap: 'queue', catchUp: 'none', splaySeconds: 0 }), pass(31), pass(31), { do: 'runTask', which: 0 }, pass(31)],
  ],
  [
    'a rejection after output sent the execution elsewhere, and its log was not counted',
    [
      post('Anyone'),
      together(flow(2), { do: 'print', host: web1, which: 0, text: 'a' }, pass(1)),
      { do: 'finish', host: web1, which: 0, outcome: 'rejected' },
      together(flow(1), pass(1), { do: 'finish', host: web1, which: 0, outcome: 'succeeded' }),
      post('ALL'),
    ],
  ],
  [
    'a sweep between the answer to the hello and the open connection made work `unknown` for good',
    [post('ALL'), flow(2), together(pass(3700), { do: 'connect', host: web1 })],
  ],
  [
    'a cancel between the answer to the hello and the open connection never reached the agent',
    [
      post('ALL'),
      together(flow(2), { do: 'connect', host: web1 }, { do: 'cancelRun', which: 0 }, { do: 'turns', count: 0 }, flow(1)),
      { do: 'cut', host: web1 },
    ],
  ],
  [
    'an offer to an agent that was just replaced waited for the end of its lease',
    [
      together(flow(1), post('ALL', { expiresAfter: 60 })),
      pass(31),
      post('ALL'),
      together({ do: 'connect', host: web2 }, pass(31), flow(1)),
      flow(1),
    ],
  ],
  [
    'a row that was cancelled as it was offered left the next one waiting beside a free slot',
    [
      { do: 'mood', host: web1, mood: 'holds' },
      post('ALL'),
      together(flow(1), pass(3700)),
      together(flow(1), post('ALL')),
      post('ALL'),
      together({ do: 'connect', host: web1 }, pass(1)),
      { do: 'cancelRun', which: 0 },
    ],
  ],
];

test.each(histories.flatMap(([what, steps]) => [true, false].map((hostsReturn) => ({ what, steps, hostsReturn }))))(
  '$what (agents return: $hostsReturn)',
  async ({ steps, hostsReturn }) => {
    await invariants.reset();
    const world = await openWorld(database.db);
    await perform(world, { steps, revoke: false, hostsReturn }, () => invariants.check(world));
    await invariants.checkEnd(world);
  },
);
