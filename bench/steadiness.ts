import type { Floors } from './floors.ts';
import type { Rate } from './timing.ts';

/** The floors of before and after the measurements as one, so that a machine that changed meanwhile is not compared with its better half. */
export function meanOf(before: Floors, after: Floors): Floors {
  return {
    echo: meanRate(before.echo, after.echo),
    echoTimes: [...before.echoTimes, ...after.echoTimes],
    insert: meanRate(before.insert, after.insert),
    commitTimes: [...before.commitTimes, ...after.commitTimes],
    spawn: meanRate(before.spawn, after.spawn),
    bareNodeBytes: (before.bareNodeBytes + after.bareNodeBytes) / 2,
  };
}

const meanRate = (a: Rate, b: Rate): Rate => ({ count: a.count + b.count, perSecond: (a.perSecond + b.perSecond) / 2 });

/** By how much the floors differed, as the largest share of any of them: 0 on a machine that has nothing else to do. */
export function driftBetween(before: Floors, after: Floors): number {
  const shares = (['echo', 'insert', 'spawn'] as const).map((name) => {
    const [a, b] = [before[name].perSecond, after[name].perSecond];
    return 1 - Math.min(a, b) / Math.max(a, b);
  });
  return Math.max(...shares);
}

const worthTelling = 0.25;

/** A sentence for a person, or undefined if the numbers can be believed. */
export function driftSentence(drift: number): string | undefined {
  if (drift < worthTelling) return undefined;
  return `Take care: what the machine could do changed by ${Math.round(drift * 100)} % during the run, so something else used it. Measure again when it is quiet.`;
}
