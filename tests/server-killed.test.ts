import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Run, TaskCreated } from '../shared/api/runs.ts';
import type { ApiAnswer, TaskDraft } from './support/api-client.ts';
import { eventually } from './support/eventually.ts';
import { type System, startSystem } from './support/system.ts';

const lines = 30;
const source = `
import { appendFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
export async function main({ starts, pauseMs }, context) {
  appendFileSync(starts, context.executionId + '\\n');
  for (let line = 1; line <= ${lines}; line += 1) {
    console.log('line ' + line);
    await pause(pauseMs);
  }
  return context.attempt;
}
`;
const expected = Array.from({ length: lines }, (_, index) => `line ${index + 1}\n`).join('');
const amount = 200;

let system: System;

beforeAll(async () => {
  system = await startSystem({ plugins: { 'counted.js': source } });
  await Promise.all(['one', 'two'].map((name) => system.startAgent(name, { slots: 8 })));
});
afterAll(() => system?.dispose());

describe('a server that is killed in the middle of work, twice', () => {
  it('has lost nothing: all that was accepted ends, each started once, each log without a hole', async () => {
    const starts = `${system.folder}/starts`;
    const started = (): string[] => (existsSync(starts) ? readFileSync(starts, 'utf8').trim().split('\n') : []);

    // most end while the server is away or the agents are not back yet; the first ones go on through it
    const taskOf = (index: number): TaskDraft => ({
      owner: 'Anyone',
      plugin: 'counted',
      args: { starts, pauseMs: index < 10 ? 200 : 10 },
    });

    const { posted, created } = post(taskOf);
    for (const [what, come] of [
      ['half of the tasks were accepted', () => posted() >= amount / 2],
      ['some have ended, some run and some wait', () => started().length > 60],
    ] as const) {
      await eventually(what, come, 20_000);
      await system.server().kill();
      // meanwhile the agents go on
      await system.startServer();
    }

    const runs = await Promise.all((await created).map(({ run }) => system.api.finalRun((run as Run).id, 30)));
    expect(runs.filter(({ state }) => state !== 'succeeded')).toEqual([]);
    const executions = (await Promise.all(runs.map(({ id }) => system.api.executionsOf(id)))).flat();
    expect(new Set(executions.map(({ id }) => id)).size).toBe(amount);
    const attempts = executions.reduce((sum, { attempt }) => sum + attempt, 0);
    console.info(`${amount} executions took ${attempts} attempts, ${attempts - amount} of which were only offered`);

    // nothing that was not accepted is in the ledger either
    expect((await system.api.get<{ items: unknown[] }>('/api/v1/tasks?limit=500')).items).toHaveLength(amount);
    expect(started().sort()).toEqual(executions.map(({ id }) => id).sort());
    const logs = await Promise.all(executions.map(({ id }) => system.api.log(id)));
    expect(logs.filter((log) => log !== expected)).toEqual([]);
  }, 60_000);
});

/** As a careful client does: with a key, so that a POST whose answer got lost can be sent again until there is one. */
function post(taskOf: (index: number) => TaskDraft): { posted: () => number; created: Promise<TaskCreated[]> } {
  let posted = 0;
  const postOne = async (index: number): Promise<TaskCreated> => {
    let answer: ApiAnswer | undefined;
    await eventually('the POST is answered', async () => {
      answer = await system.api
        .send('POST', '/api/v1/tasks', taskOf(index), { 'idempotency-key': `task-${index}` })
        .catch(() => undefined);
      return answer?.status === 201;
    });
    posted += 1;
    return answer?.json as TaskCreated;
  };
  const queue = Array.from({ length: amount }, (_, index) => index);
  const worker = async (created: TaskCreated[]): Promise<void> => {
    for (let index = queue.shift(); index !== undefined; index = queue.shift()) created.push(await postOne(index));
  };
  const all: TaskCreated[] = [];
  const created = Promise.all(Array.from({ length: 8 }, () => worker(all))).then(() => all);
  // who waits for it sees the error, if there is one
  created.catch(() => {});
  return { posted: () => posted, created };
}
