import { afterAll, beforeAll, test } from '@jest/globals';
import { openTestDatabase, type TestDatabase } from '../../tests/support/database.ts';
import { memoryFolder } from '../../tests/support/ledger-world/memory-folder.ts';
import { openStage, type Stage } from '../../tests/support/protocol-world/run-history.ts';
import type { Step } from '../../tests/support/protocol-world/steps.ts';

/** Histories that broke a promise once, or nearly, as `protocol.property.test.ts` found and shortened them. */

let database: TestDatabase;
let stage: Stage;
beforeAll(async () => {
  database = await openTestDatabase(memoryFolder);
  stage = await openStage(database);
});
afterAll(async () => {
  stage.close();
  await database.dispose();
});

const play = (steps: readonly Step[]): Promise<void> => stage.play(steps);

test('a loss of power after the end of the work, before its output is on disk', async () => {
  await play([
    { do: 'post', owner: 'ALL', policy: {} },
    { do: 'flow', rounds: 2 },
    { do: 'print', host: 1, which: 0, text: 'a' },
    {
      do: 'together',
      steps: [
        { do: 'pass', seconds: 0.03 },
        { do: 'end', host: 1, which: 0, outcome: 'succeeded' },
      ],
    },
    { do: 'pass', seconds: 31 },
    { do: 'powerLoss', host: 1, kept: 0 },
    { do: 'restartServer', turns: 0 },
    { do: 'flow', rounds: 1 },
  ]);
});

test('an accept that came twice, the second time on a connection that was just cut, put back into the queue what ran', async () => {
  await play([
    {
      do: 'together',
      steps: [
        { do: 'post', owner: 'ALL', policy: {} },
        { do: 'pass', seconds: 0.03 },
        { do: 'turns', count: 0 },
      ],
    },
    {
      do: 'together',
      steps: [
        { do: 'flow', rounds: 2 },
        { do: 'again', host: 1, toward: 'server', which: 0 },
        { do: 'cut', host: 1, seenBy: 'both' },
      ],
    },
  ]);
});

test('a host that lost its journal came back twice, and the second time what it lacked counted as never started', async () => {
  await play([
    { do: 'post', owner: 'ALL', policy: {} },
    { do: 'flow', rounds: 4 },
    { do: 'forgetAll', host: 0 },
    { do: 'begin', host: 0 },
    { do: 'connect', host: 0 },
    { do: 'flow', rounds: 4 },
    { do: 'cut', host: 0, seenBy: 'both' },
    { do: 'connect', host: 0 },
    { do: 'flow', rounds: 4 },
  ]);
});

test('the same, where the agent had been silent for long before it came back without its journal', async () => {
  await play([
    { do: 'post', owner: 'ALL', policy: {} },
    { do: 'flow', rounds: 4 },
    { do: 'forgetAll', host: 0 },
    { do: 'cut', host: 0, seenBy: 'both' },
    { do: 'pass', seconds: 1 },
    { do: 'pass', seconds: 31 },
    { do: 'begin', host: 0 },
    { do: 'connect', host: 0 },
    { do: 'flow', rounds: 4 },
    { do: 'cut', host: 0, seenBy: 'both' },
    { do: 'connect', host: 0 },
    { do: 'flow', rounds: 4 },
  ]);
});
