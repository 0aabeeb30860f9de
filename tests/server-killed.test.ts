import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Execution } from '../shared/api/executions.ts';
import type { Run } from '../shared/api/runs.ts';
import { eventually } from './support/eventually.ts';
import { type System, startSystem } from './support/system.ts';

const lines = 30;
const source = `
import { appendFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
export async function main({ starts }, context) {
  appendFileSync(starts, context.executionId + '\\n');
  for (let line = 1; line <= ${lines}; line += 1) {
    console.log('line ' + line);
    await pause(10);
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

describe('a server that is killed in the middle of work', () => {
  it('has lost nothing: all that was accepted ends, each started once, each log without a hole', async () => {
    const starts = `${system.folder}/starts`;
    const created = await Promise.all(
      Array.from({ length: amount }, () => system.api.createTask({ owner: 'Anyone', plugin: 'counted', args: { starts } })),
    );
    const started = (): string[] => (existsSync(starts) ? readFileSync(starts, 'utf8').trim().split('\n') : []);
    await eventually('some have ended and some run', () => started().length > 40, 20_000);
    await system.server().kill();
    // meanwhile the agents go on
    const startedAtKill = started().length;
    await system.startServer();

    const runs = await Promise.all(created.map(({ run }) => system.api.finalRun((run as Run).id)));
    expect(runs.filter(({ state }) => state !== 'succeeded')).toEqual([]);
    const executions = (await Promise.all(runs.map(({ id }) => system.api.executionsOf(id)))).flat();
    expect(executions).toHaveLength(amount);
    console.info(`${startedAtKill} of ${amount} were started before the kill; ${attemptsOf(executions)} attempts in all`);

    expect(started().sort()).toEqual(executions.map(({ id }) => id).sort());
    const logs = await Promise.all(executions.map(({ id }) => system.api.log(id)));
    expect(logs.filter((log) => log !== expected)).toEqual([]);
  });
});

const attemptsOf = (executions: readonly Execution[]): number => executions.reduce((sum, { attempt }) => sum + attempt, 0);
