import fc from 'fast-check';
import type { AttemptOutcome } from '../../../shared/states.ts';
import { type Mood, moods } from './honest-agent.ts';

/** One thing that happens in a history. Numbers choose among what is there at the time, so that every list of steps is a history. */
export type Step =
  | { readonly do: 'post'; readonly owner: string; readonly plugin: string; readonly policy: Readonly<Record<string, unknown>> }
  | { readonly do: 'connect' | 'connectConfused' | 'cut' | 'crash' | 'idle' | 'decide' | 'revoke'; readonly host: number }
  | { readonly do: 'toServer' | 'toAgent'; readonly host: number; readonly count: number }
  | { readonly do: 'mood'; readonly host: number; readonly mood: Mood }
  | { readonly do: 'print'; readonly host: number; readonly which: number; readonly text: string }
  | { readonly do: 'finish'; readonly host: number; readonly which: number; readonly outcome: AttemptOutcome }
  | { readonly do: 'deliver'; readonly host: number; readonly chunkBytes: number }
  | { readonly do: 'stale'; readonly host: number; readonly which: number }
  | { readonly do: 'cancelRun' | 'cancelExecution'; readonly which: number }
  | {
      readonly do: 'schedule';
      readonly owner: string;
      readonly everySeconds: number;
      /** seconds after which nothing fires any more; null: it goes on */
      readonly endsAfter: number | null;
      readonly policy: Readonly<Record<string, unknown>>;
    }
  | { readonly do: TaskStep; readonly which: number }
  | { readonly do: 'editTask'; readonly which: number; readonly policy: Readonly<Record<string, unknown>> }
  | { readonly do: 'pass'; readonly seconds: number }
  | { readonly do: 'restart'; readonly turns: number }
  /** what is under way goes on for so many turns of the event loop, no further */
  | { readonly do: 'turns'; readonly count: number }
  | { readonly do: 'flow'; readonly rounds: number }
  | { readonly do: 'together'; readonly steps: readonly Step[] };

export const taskSteps = ['pauseTask', 'resumeTask', 'runTask', 'removeTask'] as const;
export type TaskStep = (typeof taskSteps)[number];

const host = fc.nat({ max: 2 });
const which = fc.nat({ max: 9 });
const short = fc.constantFrom('a', 'line\n', 'grüße\n', '🙂', 'x'.repeat(300), '漢字\n');

const policy = fc
  .record(
    {
      idempotent: fc.constant(true),
      retries: fc.record({ count: fc.nat({ max: 3 }), delaySeconds: fc.constantFrom(0, 0, 5, 100), jitter: fc.constant(0) }),
      ifOffline: fc.constantFrom('wait', 'wait', 'wait', 'wait', 'skip', 'fail'),
      expiresAfter: fc.constantFrom(60, 600, 7200, 7200),
      timeoutSeconds: fc.constantFrom(10, 600, 7200),
      graceSeconds: fc.constantFrom(0, 5),
      maxConcurrent: fc.constantFrom(1, 2),
      locks: fc.constantFrom(['a'], ['b'], ['a', 'b'], [{ name: 'a', limit: 2 }]),
    },
    { requiredKeys: [] },
  )
  .map((value): Readonly<Record<string, unknown>> => value);

/** What a firing meets. */
const firing = {
  overlap: fc.constantFrom('skip', 'queue', 'queue', 'parallel', 'replace', 'replace'),
  catchUp: fc.constantFrom('none', 'none', 'last', 'all'),
  splaySeconds: fc.constantFrom(0, 0, 0, 20, 400),
};
const firingPolicy = fc
  .tuple(policy, fc.record(firing))
  .map(([all, ofFiring]): Readonly<Record<string, unknown>> => ({ ...all, ...ofFiring }));

const outcome = fc.constantFrom<AttemptOutcome[]>('succeeded', 'succeeded', 'failed', 'failed', 'timed_out', 'lost', 'rejected');

const simple: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('post' as const),
      owner: fc.constantFrom('ALL', 'ALL', 'Anyone', 'Anyone', 'Anyone', 'web1', 'web1', 'web2', 'win1', 'ghost'),
      plugin: fc.constantFrom('any', 'any', 'any', 'any', 'any', 'windows'),
      policy,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('schedule' as const),
      owner: fc.constantFrom('ALL', 'Anyone', 'web1', 'web1', 'win1', 'ghost'),
      everySeconds: fc.constantFrom(30, 60, 120, 700),
      endsAfter: fc.constantFrom(null, null, null, 700),
      policy: firingPolicy,
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom(...taskSteps, 'runTask' as const), which }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('editTask' as const), which, policy: fc.record(firing) }) },
  { weight: 7, arbitrary: fc.record({ do: fc.constant('connect' as const), host }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('connectConfused' as const), host }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('cut' as const, 'crash' as const, 'decide' as const), host }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('idle' as const), host }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('toServer' as const), host, count: fc.integer({ min: 1, max: 6 }) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('toAgent' as const), host, count: fc.integer({ min: 1, max: 6 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('mood' as const), host, mood: fc.constantFrom(...moods) }) },
  { weight: 7, arbitrary: fc.record({ do: fc.constant('print' as const), host, which, text: short }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('finish' as const), host, which, outcome }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('deliver' as const), host, chunkBytes: fc.constantFrom(1, 7, 1000) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('stale' as const), host, which }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('cancelRun' as const, 'cancelExecution' as const), which }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('pass' as const),
      seconds: fc.constantFrom(1, 1, 5, 5, 31, 31, 31, 61, 61, 130, 700, 3700),
    }),
  },
  { weight: 18, arbitrary: fc.record({ do: fc.constant('flow' as const), rounds: fc.integer({ min: 1, max: 4 }) }) },
);

const turns: fc.Arbitrary<Step> = fc.record({ do: fc.constant('turns' as const), count: fc.nat({ max: 3 }) });
const beside = fc.oneof({ weight: 3, arbitrary: simple }, { weight: 2, arbitrary: turns });

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 30, arbitrary: simple },
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constant('together' as const), steps: fc.array(beside, { minLength: 2, maxLength: 7 }) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('restart' as const), turns: fc.nat({ max: 4 }) }) },
);

/** @param hostsReturn whether at the end every agent comes back and answers, or all of them stay away */
export type History = { readonly steps: readonly Step[]; readonly revoke: boolean; readonly hostsReturn: boolean };

export const history: fc.Arbitrary<History> = fc.record({
  steps: fc.noBias(fc.array(step, { minLength: 1, maxLength: 80, size: 'max' })),
  revoke: fc.boolean(),
  hostsReturn: fc.boolean(),
});

/** A history as a script, one step per line. */
export const scriptOf = ({ steps, revoke, hostsReturn }: History): string =>
  [
    ...steps.map(lineOf),
    ...(revoke ? ['revoke win1'] : []),
    hostsReturn ? 'then all agents return and answer' : 'then all agents stay away',
  ].join('\n');

const names = ['web1', 'web2', 'win1'];

function lineOf(one: Step): string {
  if (one.do === 'together') return `together: ${one.steps.map(lineOf).join(' | ')}`;
  const { do: verb, ...rest } = one;
  const words = Object.entries(rest).map(([key, value]) => {
    if (key === 'host') return names[value as number];
    if (key === 'policy') return JSON.stringify(value);
    return key === 'owner' || key === 'mood' || key === 'outcome' ? `${value}` : `${key}=${JSON.stringify(value)}`;
  });
  return [verb, ...words].join(' ');
}
