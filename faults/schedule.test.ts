import { describe, expect, it } from '@jest/globals';
import { faultKinds, randomInstants } from './fault-plan.ts';
import { planRun } from './schedule.ts';

const options = {
  seed: 7,
  seconds: 600,
  agents: ['a', 'b', 'c'],
  only: faultKinds,
  at: randomInstants,
  perSecond: 10,
  faultEverySeconds: 4,
  longestFaultMs: 60_000,
};

describe('the schedule of a run', () => {
  it('is the same for the same seed', () => {
    expect(planRun(options)).toEqual(planRun(options));
  });

  it('is another one for another seed', () => {
    expect(planRun({ ...options, seed: 8 })).not.toEqual(planRun(options));
  });

  it('has the same work whatever the faults are', () => {
    expect(planRun({ ...options, only: ['cut'] }).work).toEqual(planRun(options).work);
  });

  it('has in ten minutes every kind of fault, every owner, every type and every end of work', () => {
    const { work, faults } = planRun(options);
    expect(new Set(faults.map(({ kind }) => kind)).size).toBe(faultKinds.length);
    expect(faults.length).toBeGreaterThan(100);
    expect(new Set(work.map(({ task }) => task.type))).toEqual(new Set(['Adhoc', 'Interval', 'Scheduled']));
    expect(new Set(work.map(({ mode }) => mode))).toEqual(new Set(['ok', 'fail', 'flaky', 'never', 'flood']));
    for (const owner of ['ALL', 'Anyone', 'a', 'b', 'c', 'tag:nowhere'])
      expect(work.map(({ task }) => task.owner)).toContain(owner);
    expect(work.map(({ at }) => at)).toEqual(work.map(({ at }) => at).sort((x, y) => x - y));
  });
});
