import { describe, expect, it } from '@jest/globals';
import { baseEnvironment, jobEnvironment } from './environment.ts';
import type { Job } from './job.ts';

describe('the environment of a job', () => {
  const job = {
    execution: 'exe_1',
    attempt: 2,
    agentName: 'web1',
    action: 'main',
    workspace: '/w',
    artifacts: '/a',
    env: { MY: 'own', MUSTER_ACTION: 'forged', MUSTER_STARTED_BY: 'somebody else' },
  } as unknown as Job;

  it('holds nothing of the agent but what every program needs', () => {
    const base = baseEnvironment(
      {
        PATH: '/bin',
        LC_TIME: 'de_DE',
        MUSTER_JOIN_TOKEN: 'secret',
        AWS_SECRET_ACCESS_KEY: 'x',
        NODE_OPTIONS: '--inspect',
      },
      'agt_1 /agent',
    );
    expect(base).toEqual({ PATH: '/bin', LC_TIME: 'de_DE', LANG: 'C.UTF-8', MUSTER_STARTED_BY: 'agt_1 /agent' });
  });

  it('has a PATH even if the agent has none', () => {
    expect(baseEnvironment({}, 'agt_1 /agent').PATH).toContain('/usr/bin');
  });

  it('adds what the task sets, which cannot change what Muster says', () => {
    expect(jobEnvironment({ PATH: '/bin', MY: 'base' }, job)).toEqual({
      PATH: '/bin',
      MY: 'own',
      MUSTER_ACTION: 'main',
      MUSTER_EXECUTION: 'exe_1',
      MUSTER_ATTEMPT: '2',
      MUSTER_AGENT: 'web1',
      MUSTER_WORKSPACE: '/w',
      MUSTER_ARTIFACTS: '/a',
    });
  });
});
