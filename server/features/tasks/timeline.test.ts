import { describe, expect, it } from '@jest/globals';
import type { ExecutionDetail } from '../../../shared/api/executions.ts';
import { timelineOf } from './timeline.ts';

const at = (second: number): string => new Date(Date.UTC(2026, 0, 1, 8, 0, second)).toISOString();
const none = {
  offeredAt: null,
  startedAt: null,
  finishedAt: null,
  message: null,
  reasonText: null,
  exitCode: null,
  lateResult: null,
};

const execution = (given: Partial<ExecutionDetail>): ExecutionDetail =>
  ({ ...none, createdAt: at(0), attempt: 0, agentName: null, attempts: [], state: 'queued', ...given }) as ExecutionDetail;

const told = (given: Partial<ExecutionDetail>): unknown[] =>
  timelineOf(execution(given)).map(({ state, after, attempt, host }) => [state, after, attempt, host]);

describe('what happened to an execution', () => {
  it('begins with its row, and is no more than that while it waits', () => {
    expect(told({})).toEqual([['queued', null, null, null]]);
  });

  it('goes from attempt to attempt, each with its host and the time since the line above', () => {
    const first = {
      ...none,
      attempt: 1,
      agentName: 'web-1',
      offeredAt: at(1),
      startedAt: at(2),
      endedAt: at(12),
      outcome: 'failed',
    };
    const lines = told({
      attempts: [{ ...first, reason: 'exit_code', exitCode: 3 }] as unknown as ExecutionDetail['attempts'],
      attempt: 2, agentName: 'web-2', offeredAt: at(20), startedAt: at(21), finishedAt: at(25), state: 'succeeded',
    }); // biome-ignore format: a row
    expect(lines).toEqual([
      ['queued', null, null, null],
      ['offered', 1000, 1, 'web-1'],
      ['running', 1000, 1, 'web-1'],
      ['failed', 10_000, 1, 'web-1'],
      ['offered', 8000, 2, 'web-2'],
      ['running', 1000, 2, 'web-2'],
      ['succeeded', 4000, 2, 'web-2'],
    ]);
  });

  it('ends with what was said, and with the exit code once', () => {
    const ended = { state: 'failed', finishedAt: at(9), exitCode: 3 } as const;
    const said = (message: string | null) => timelineOf(execution({ ...ended, message })).at(-1)?.text;
    expect(said('The program ended with exit code 3.')).toBe('The program ended with exit code 3.');
    expect(said('The disk is full.')).toBe('The disk is full. (exit code 3)');
    expect(said(null)).toBe('exit code 3');
  });

  it('ends without an attempt where nothing was offered', () => {
    expect(told({ state: 'expired', finishedAt: at(3600), reasonText: 'No host was there in time.' })).toEqual([
      ['queued', null, null, null],
      ['expired', 3_600_000, null, null],
    ]);
  });
});
