import fc from 'fast-check';
import type { AttemptOutcome } from '../../../shared/states.ts';
import type { Mood } from './host.ts';

/** One thing that happens. Numbers choose among what is there at the time, so that every list of steps is a history. */
export type Step =
  | { readonly do: 'post'; readonly owner: string; readonly policy?: Readonly<Record<string, unknown>> }
  | { readonly do: 'fire' | 'cancelRun' | 'cancelExecution'; readonly which: number }
  | { readonly do: 'connect' | 'begin' | 'revoke' | 'rename' | 'forgetAll'; readonly host: number }
  | { readonly do: 'cut'; readonly host: number; readonly seenBy: 'agent' | 'server' | 'both' }
  | { readonly do: 'toServer' | 'toAgent'; readonly host: number; readonly count: number }
  | { readonly do: 'again'; readonly host: number; readonly toward: 'agent' | 'server'; readonly which: number }
  | { readonly do: 'stale'; readonly host: number; readonly which: number }
  | { readonly do: 'kill'; readonly host: number; readonly programs: 'live' | 'die' }
  | { readonly do: 'powerLoss'; readonly host: number; readonly kept: number }
  | { readonly do: 'mood'; readonly host: number; readonly mood: Mood }
  | { readonly do: 'disk'; readonly host: number; readonly is: 'fine' | 'full' | 'slow' }
  | { readonly do: 'print'; readonly host: number; readonly which: number; readonly text: string }
  | { readonly do: 'end'; readonly host: number; readonly which: number; readonly outcome: AttemptOutcome }
  | { readonly do: 'pass'; readonly seconds: number }
  | { readonly do: 'restartServer'; readonly turns: number }
  /** what is under way goes on for so many turns of the event loop, no further */
  | { readonly do: 'turns'; readonly count: number }
  /** all that is sent arrives, so many times */
  | { readonly do: 'flow'; readonly rounds: number }
  | { readonly do: 'together'; readonly steps: readonly Step[] };

const host = fc.nat({ max: 2 });
const which = fc.nat({ max: 5 });
const count = fc.integer({ min: 1, max: 4 });
const on = <D extends Step['do'], F extends Record<string, fc.Arbitrary<unknown>>>(
  weight: number,
  verb: D,
  fields: F,
): fc.WeightedArbitrary<Step> => ({
  weight,
  arbitrary: fc.record({ do: fc.constant(verb), ...fields }) as unknown as fc.Arbitrary<Step>,
});

const policy = fc.record(
  {
    idempotent: fc.constant(true),
    retries: fc.record({ count: fc.nat({ max: 3 }), delaySeconds: fc.constantFrom(0, 0, 5), jitter: fc.constant(0) }),
    ifOffline: fc.constantFrom('wait', 'wait', 'skip', 'fail'),
    expiresAfter: fc.constantFrom(60, 7200),
    timeoutSeconds: fc.constantFrom(10, 600, 7200),
    graceSeconds: fc.constantFrom(0, 5),
  },
  { requiredKeys: [] },
);

const short = fc.constantFrom('a', 'line\n', 'grüße\n', '🙂', 'x'.repeat(300), 'y'.repeat(9000));
const outcome = fc.constantFrom<AttemptOutcome[]>('succeeded', 'succeeded', 'failed', 'rejected');

const simple: fc.Arbitrary<Step> = fc.oneof(
  on(6, 'post', { owner: fc.constantFrom('ALL', 'Anyone', 'Anyone', 'web1', 'web2', 'ghost'), policy }),
  on(1, 'fire', { which }),
  on(2, 'cancelRun', { which }),
  on(1, 'cancelExecution', { which }),
  on(6, 'connect', { host }),
  on(3, 'begin', { host }),
  on(3, 'cut', { host, seenBy: fc.constantFrom('agent', 'server', 'both') }),
  on(5, 'toServer', { host, count }),
  on(5, 'toAgent', { host, count }),
  on(5, 'again', { host, toward: fc.constantFrom('agent', 'server'), which }),
  on(2, 'stale', { host, which }),
  on(2, 'kill', { host, programs: fc.constantFrom('live', 'die') }),
  on(1, 'powerLoss', { host, kept: fc.constantFrom(0, 0.5, 0.9) }),
  on(1, 'rename', { host }),
  on(1, 'forgetAll', { host }),
  on(1, 'mood', { host, mood: fc.constantFrom('willing', 'willing', 'stubborn', 'unable') }),
  on(2, 'disk', { host, is: fc.constantFrom('fine', 'fine', 'full', 'slow') }),
  on(5, 'print', { host, which, text: short }),
  on(6, 'end', { host, which, outcome }),
  on(5, 'pass', { seconds: fc.constantFrom(0.03, 0.03, 0.3, 1, 6, 31, 31, 130, 700, 3700) }),
  on(18, 'flow', { rounds: fc.integer({ min: 1, max: 3 }) }),
);

const turns = on(2, 'turns', { count: fc.nat({ max: 3 }) });
const beside = fc.array(fc.oneof({ weight: 3, arbitrary: simple }, turns), { minLength: 2, maxLength: 6 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 36, arbitrary: simple },
  on(6, 'together', { steps: beside }),
  on(2, 'restartServer', { turns: fc.nat({ max: 4 }) }),
  on(1, 'revoke', { host: fc.constant(2) }),
);

/** Long ones see what takes many steps; fast-check shortens them. */
export const history: fc.Arbitrary<readonly Step[]> = fc.noBias(fc.array(step, { minLength: 1, maxLength: 60, size: 'max' }));

/** As it can be pasted into `histories.test.ts`. */
export const scriptOf = (steps: readonly Step[]): string =>
  `await play([\n${steps.map((step) => `  ${textOf(step)},\n`).join('')}]);`;

function textOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(textOf).join(', ')}]`;
  if (typeof value === 'object' && value !== null)
    return `{ ${Object.entries(value)
      .map(([key, inner]) => `${key}: ${textOf(inner)}`)
      .join(', ')} }`;
  if (typeof value !== 'string') return String(value);
  return value.length > 100 ? `'${value[0]}'.repeat(${value.length})` : `'${value.replace('\n', '\\n')}'`;
}
