import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { defaultManifest } from '../shared/plugin-manifest.ts';
import { createJobBench, type JobBench } from '../tests/support/jobs.ts';

let bench: JobBench;

beforeAll(() => {
  bench = createJobBench();
});
afterAll(() => bench.close());

const open = (args: unknown) =>
  bench.run(bench.installed(import.meta.dirname, defaultManifest('create_incident', 'create_incident.py', 'python', ['main'])), {
    args: args as never,
  });

describe('create_incident', () => {
  it.each([[['P1', 'Database connection failed']], [{ severity: 'p1', title: 'Database connection failed' }]])(
    'opens an incident from %j',
    async (args) => {
      const end = await open(args);
      expect(end).toMatchObject({
        outcome: 'succeeded',
        message: expect.stringMatching(/^Incident INC-\d{8}-[0-9A-F]{6} was opened with severity P1\.$/),
        data: {
          severity: 'P1',
          title: 'Database connection failed',
          state: 'open',
          opened_at: expect.stringMatching(/\+00:00$/),
        },
      });
      expect(end.out).toContain('Opening incident INC-');
    },
  );

  it('refuses what is no incident, with a sentence', async () => {
    expect(await open(['P9', 'x'])).toMatchObject({
      outcome: 'failed',
      reason: 'status_failed',
      message: 'Severity P9 is not one of P1, P2, P3, P4, P5.',
    });
    expect(await open(['P1'])).toMatchObject({ outcome: 'failed', message: 'An incident needs a title.' });
  });
});
