import { describe, expect, it } from '@jest/globals';
import type { Json } from '../../shared/json.ts';
import { endOfProgram, endOfStopped, endOfUnstartable, endOfValue, maxDataBytes } from './job-end.ts';

const well = { exitCode: 0, signal: null };

describe('what a function returned', () => {
  it.each<[Json, object]>([
    [
      { status: 'success', message: 'm', data: [1] },
      { outcome: 'succeeded', reason: 'finished', message: 'm', data: [1] },
    ],
    [{ status: 'success' }, { outcome: 'succeeded', message: 'The work finished.', data: null }],
    [
      { status: 'failed', message: 'no' },
      { outcome: 'failed', reason: 'status_failed', message: 'no', data: null },
    ],
    [
      { status: 'success', incident: 7 },
      { outcome: 'succeeded', data: { incident: 7 } },
    ],
    [{ status: 'green' }, { outcome: 'succeeded', data: { status: 'green' } }],
    ['text', { outcome: 'succeeded', data: 'text' }],
    [null, { outcome: 'succeeded', data: null }],
    [
      { status: 'failed', data: { exitCode: 3 } },
      {
        outcome: 'failed',
        reason: 'exit_code',
        exitCode: 3,
        message: 'The program ended with exit code 3.',
        data: { exitCode: 3 },
      },
    ],
    [
      { status: 'failed', data: { exitCode: null, signal: 'SIGSEGV' } },
      { outcome: 'failed', reason: 'exit_code', exitCode: null, message: expect.stringContaining('SIGSEGV') },
    ],
    [
      { status: 'success', data: { exitCode: 3 } },
      { outcome: 'succeeded', exitCode: 3 },
    ],
  ])('is read from %j', (value, expected) => {
    expect(endOfValue(value)).toMatchObject(expected);
  });

  it('fails when its data is too large, or nested too deep for those who read it', () => {
    expect(endOfValue('x'.repeat(maxDataBytes))).toMatchObject({
      outcome: 'failed',
      data: null,
      message: expect.stringContaining('at most'),
    });
    let deep: Json = [];
    for (let level = 0; level < 5000; level += 1) deep = [deep];
    expect(endOfValue(deep)).toMatchObject({ outcome: 'failed', message: expect.stringContaining('nested') });
  });

  it('is cleaned of what no database can store', () => {
    expect(endOfValue({ a: ['x\0y', '\ud800'] }).data).toEqual({ a: ['x\u2400y', '\ufffd'] });
  });

  it('has a message of bounded length', () => {
    expect(endOfValue({ status: 'failed', message: 'm'.repeat(20_000) }).message).toHaveLength(4000);
  });
});

describe('how a program ended', () => {
  it('is decided by its exit code before what it printed', () => {
    const printed = { status: 'success', message: 'fine', data: { n: 1 } } as const;
    expect(endOfProgram(well, printed)).toMatchObject({ outcome: 'succeeded', message: 'fine', exitCode: 0, data: { n: 1 } });
    expect(endOfProgram({ exitCode: 2, signal: null }, printed)).toMatchObject({
      outcome: 'failed',
      reason: 'exit_code',
      exitCode: 2,
      message: 'fine',
    });
    expect(endOfProgram(well, { status: 'failed' })).toMatchObject({ outcome: 'failed', reason: 'status_failed', exitCode: 0 });
    expect(endOfProgram({ exitCode: null, signal: 'SIGKILL' }, undefined)).toMatchObject({
      outcome: 'failed',
      reason: 'exit_code',
      exitCode: null,
    });
  });

  it('is overruled by a stop', () => {
    const end = endOfProgram({ exitCode: null, signal: 'SIGTERM' }, undefined);
    const limit = { timeoutSeconds: 5, onTimeout: 'kill' } as const;
    expect(endOfStopped(end, 'time_limit', 'killed', limit)).toMatchObject({
      outcome: 'timed_out',
      reason: 'time_limit',
      message: 'The time limit of 5 s passed. Its process tree was killed.',
    });
    expect(endOfStopped(end, 'cancel', 'asked', limit)).toMatchObject({ outcome: 'cancelled', reason: 'cancel_requested' });
  });

  it('is a success with what it printed when a snapshot was wanted, however it took the end', () => {
    const end = endOfProgram({ exitCode: 143, signal: null }, undefined);
    const limit = { timeoutSeconds: 3, onTimeout: 'snapshot' } as const;
    const message = 'A snapshot of 3 s: what it printed until then is the result. It ended when it was asked to.';
    expect(endOfStopped(end, 'time_limit', 'asked', limit)).toMatchObject({
      outcome: 'succeeded',
      reason: 'snapshot',
      message,
      exitCode: null,
    });
    expect(endOfStopped(end, 'cancel', 'asked', limit)).toMatchObject({ outcome: 'cancelled', reason: 'cancel_requested' });
  });

  it('stays a good one when only the agent was stopped, and the work was not killed', () => {
    const end = endOfValue({ status: 'success', message: 'done' });
    const limit = { timeoutSeconds: 5, onTimeout: 'kill' } as const;
    expect(endOfStopped(end, 'shutdown', 'asked', limit)).toEqual(end);
    expect(endOfStopped(end, 'shutdown', 'killed', limit)).toMatchObject({ outcome: 'failed', reason: 'agent_restarted' });
    expect(endOfStopped(end, 'cancel', 'asked', limit)).toMatchObject({ outcome: 'cancelled' });
    const ended = endOfProgram({ exitCode: null, signal: 'SIGTERM' }, undefined);
    expect(endOfStopped(ended, 'shutdown', 'asked', limit)).toMatchObject({ outcome: 'failed', reason: 'agent_restarted' });
  });

  it('is a refusal when it could not be started for a reason that a person can mend', () => {
    const failure = (code: string): Error => Object.assign(new Error('spawn failed'), { code });
    expect(endOfUnstartable(failure('ENOENT'), 'ruby')).toMatchObject({
      outcome: 'rejected',
      reason: 'runtime_missing',
      message: 'ruby was not found on this host.',
    });
    expect(endOfUnstartable(failure('E2BIG'), 'x')).toMatchObject({ outcome: 'rejected', reason: 'args_invalid' });
    expect(endOfUnstartable(failure('EACCES'), 'x')).toMatchObject({ outcome: 'failed', reason: 'plugin_error' });
  });
});
