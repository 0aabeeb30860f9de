import type { Metrics } from '../../../shared/metrics.ts';
import { type LevelName, levelNames, stepAt, stepSecondsOf } from './levels.ts';
import { addTo, averageOf, newStep, type RunningStep } from './running-step.ts';
import { type Packed, pack, type Sample } from './sample.ts';
import { createSparkline, type Sparkline } from './sparkline.ts';

/**
 * What the memory holds of one host: the steps that are going on, those that ended and are not on the disk yet, and its sparkline.
 *
 *   heartbeat ──> running step of each level ──(its time is over)──> ended ──(take)──> being written ──(wrote)──> disk
 *                                                                      ^────────────────────┘ (put back)
 *
 * A step is told by its time, so a clock that was set back leads to steps that are there already: the newer ones replace them.
 */
export type HostHistory = {
  add(metrics: Metrics, at: number): void;
  /** Ends the steps whose time is over; at an orderly stop, `all` of them. */
  end(at: number, which?: 'over' | 'all'): void;
  /** Ended steps, to be written; until `wrote` or `putBack` they are still seen by `steps`. */
  take(): readonly EndedStep[];
  wrote(): void;
  putBack(): void;
  /** All steps of a level that are not on the disk for sure, also the running one. */
  steps(level: LevelName): readonly EndedStep[];
  readonly sparkline: Sparkline;
  /** of the last heartbeat, in seconds */
  heardAt(): number;
  /** ended steps that wait for the disk */
  waiting(): number;
};

export type EndedStep = { readonly level: LevelName; readonly at: number; readonly sample: Packed };

/** Half an hour of a disk that cannot be written; of more the oldest steps are dropped, which shows as a gap. */
export const maxWaiting = 220;

export function createHostHistory(): HostHistory {
  const running = new Map<LevelName, RunningStep>(levelNames.map((level) => [level, newStep()]));
  const sparkline = createSparkline();
  let ended: EndedStep[] = [];
  let writing: readonly EndedStep[] = [];
  let heardAt = 0;

  function endStep(level: LevelName, step: RunningStep): void {
    if (step.at === undefined || step.samples === 0) return;
    const average = averageOf(step);
    ended.push({ level, at: step.at, sample: pack(average) });
    if (ended.length > maxWaiting) ended.splice(0, ended.length - maxWaiting);
    if (level === 'minute') sparkline.put(step.at / 60, sparkOf(average));
  }

  return {
    add(metrics, at) {
      heardAt = at;
      for (const [level, step] of running) {
        const start = stepAt(stepSecondsOf[level], at);
        if (step.at === start) {
          addTo(step, metrics);
          continue;
        }
        endStep(level, step);
        const next = newStep(start);
        addTo(next, metrics);
        running.set(level, next);
      }
    },
    end(at, which = 'over') {
      for (const [level, step] of running) {
        if (step.at === undefined || (which === 'over' && step.at + stepSecondsOf[level] > at)) continue;
        endStep(level, step);
        running.set(level, newStep());
      }
    },
    take() {
      writing = ended;
      ended = [];
      return writing;
    },
    wrote() {
      writing = [];
    },
    putBack() {
      ended = [...writing, ...ended].slice(-maxWaiting);
      writing = [];
    },
    steps(level) {
      const step = running.get(level);
      const present = step?.at === undefined || step.samples === 0 ? [] : [{ level, at: step.at, sample: pack(averageOf(step)) }];
      return [...[...writing, ...ended].filter((one) => one.level === level), ...present];
    },
    sparkline,
    heardAt: () => heardAt,
    waiting: () => ended.length + writing.length,
  };
}

const sparkOf = ({ cpuPercent, memoryPercent, diskPercent }: Sample) => ({
  cpu: cpuPercent,
  memory: memoryPercent,
  disk: diskPercent,
});
