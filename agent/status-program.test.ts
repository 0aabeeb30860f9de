import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../tests/support/eventually.ts';
import { type AgentBench, openAgentBench } from '../tests/support/test-agent.ts';
import { createStateFile, readState } from './state-file.ts';
import { verdict } from './status-program.ts';

const folder = mkdtempSync(join(tmpdir(), 'muster-state-'));
const file = join(folder, 'state.json');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('what an agent tells of itself', () => {
  it('is nothing as long as there is no file, or one that is damaged', () => {
    expect(readState(file)).toBeUndefined();
    expect(verdict(undefined, false)).toEqual({ exitCode: 10, sentence: 'No agent has started in this folder.' });
  });

  it('becomes a sentence and an exit code', () => {
    const state = createStateFile(file, '1.2.3');
    const told = (isRunning: boolean) => verdict(readState(file), isRunning);
    state.tell({ state: 'starting' });
    expect(told(true)).toEqual({ exitCode: 10, sentence: 'The agent is starting.' });
    state.tell({ state: 'waiting', why: 'The server cannot be reached.' });
    expect(told(true)).toEqual({ exitCode: 5, sentence: 'The server cannot be reached.' });
    state.tell({ state: 'online', name: 'web1', server: 'http://muster:8000' });
    expect(told(true)).toEqual({ exitCode: 0, sentence: 'web1 is Online at http://muster:8000 (agent 1.2.3).' });
    // it was killed, and could tell nothing any more
    expect(told(false)).toEqual({ exitCode: 10, sentence: 'The agent does not run.' });
    state.tell({ state: 'ended', why: 'The name is taken.', code: 'name_taken' });
    expect(told(false)).toEqual({ exitCode: 9, sentence: 'The name is taken.' });
    state.tell({ state: 'ended' });
    expect(told(false)).toEqual({ exitCode: 10, sentence: 'The agent was stopped.' });
  });

  it('stops nobody when it cannot be written', () => {
    expect(() => createStateFile('/nowhere/state.json', '1').tell({ state: 'online' })).not.toThrow();
  });
});

describe('the state of a real agent', () => {
  let bench: AgentBench;
  afterAll(() => bench?.close());

  it('is online when the server has welcomed it, and ended once it stopped', async () => {
    bench = await openAgentBench();
    const agent = await bench.start();
    const state = (): string | undefined => readState(join(bench.dir, 'state.json'))?.state;
    await bench.server.welcomed();
    await eventually('it says that it is online', () => state() === 'online');
    await agent.stop();
    expect(state()).toBe('ended');
    expect(readFileSync(join(bench.dir, 'state.json'), 'utf8')).not.toContain('mjt_');
  });
});
