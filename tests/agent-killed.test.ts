import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Run } from '../shared/api/runs.ts';
import type { AgentProcess } from './support/agent-process.ts';
import { eventually } from './support/eventually.ts';
import { type System, startSystem } from './support/system.ts';

/** Notes its start; its first attempt would never end by itself. */
const source = `
import { appendFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
export async function main({ starts }, context) {
  appendFileSync(starts, context.executionId + ' ' + context.attempt + '\\n');
  console.log('attempt ' + context.attempt);
  if (context.attempt === 1) await pause(600_000, undefined, { signal: context.signal });
  return context.attempt;
}
`;

let system: System;
let agent: AgentProcess;

beforeAll(async () => {
  system = await startSystem({
    plugins: { 'patient.js': source },
    // an offer that a busy machine does not answer in time would be made again, as a second attempt
    settings: { MUSTER_LEASE_SECONDS: '10', MUSTER_LOST_AFTER_SECONDS: '1' },
  });
  agent = await system.startAgent('one');
});
afterAll(() => system?.dispose());

/** Posts it, and kills the agent while it runs. */
async function killInTheMiddle(name: string, policy: object): Promise<{ run: Run; starts: () => string[] }> {
  const file = `${system.folder}/${name}`;
  const { run } = await system.api.createTask({ owner: 'one', plugin: 'patient', args: { starts: file }, ...policy });
  await eventually('it runs', async () => existsSync(file) && (await stateOf(run as Run)) === 'running');
  await agent.kill();
  return { run: run as Run, starts: () => readFileSync(file, 'utf8').trim().split('\n') };
}

const stateOf = async (run: Run): Promise<string | undefined> => (await system.api.executionsOf(run.id))[0]?.state;

async function comeBack(): Promise<void> {
  agent.start();
  await system.connected('one');
}

const retries = { count: 1, delaySeconds: 0, jitter: 0 };

describe('an agent that is killed in the middle of work', () => {
  it('comes back and tells the truth: the execution is lost, and is not started again, even with retries left', async () => {
    const { run, starts } = await killInTheMiddle('once', { retries });
    await comeBack();
    const final = await system.api.finalRun(run.id);
    expect(final).toMatchObject({ state: 'failed', counts: { lost: 1 } });
    const [execution] = await system.api.executionsOf(run.id);
    expect(execution).toMatchObject({ state: 'lost', attempt: 1 });
    expect(execution?.message).toMatch(/the agent was killed|did not return in time/i);
    expect(starts()).toEqual([`${execution?.id} 1`]);
  });

  it('has its work started once more if the task says that it is idempotent', async () => {
    const { run, starts } = await killInTheMiddle('twice', { retries, idempotent: true });
    await comeBack();
    const final = await system.api.finalRun(run.id);
    expect(final).toMatchObject({ state: 'succeeded' });
    const [execution] = await system.api.executionsOf(run.id);
    expect(starts()).toEqual([`${execution?.id} 1`, `${execution?.id} 2`]);
    expect(await system.api.execution(execution?.id ?? '')).toMatchObject({
      data: 2,
      attempts: [{ attempt: 1, outcome: 'lost' }],
    });
  });

  it('and that never comes back leaves nothing running for ever', async () => {
    const { run, starts } = await killInTheMiddle('gone', {});
    const final = await system.api.finalRun(run.id);
    const [execution] = await system.api.executionsOf(final.id);
    expect(execution).toMatchObject({ state: 'lost', reason: 'given_up' });
    expect(starts()).toHaveLength(1);
    await comeBack();
    expect(await stateOf(final)).toBe('lost');
  });
});
