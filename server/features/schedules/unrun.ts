import { isReasonCode, reasonCodes } from '../../../shared/reasons.ts';
import type { UnrunFiring } from '../tasks/planned.service.ts';

/** Firings of a task that did not run for one reason, as one line: the latest of them, and how many there were. */
export type Unrun = Omit<UnrunFiring, 'reason' | 'reason_text'> & {
  readonly times: number;
  /** a sentence about the latest of them */
  readonly why: string;
};

/** @param firings the newest first */
export function unrunTogether(firings: readonly UnrunFiring[]): Unrun[] {
  const alike = Map.groupBy(firings, ({ task_id, state, reason }) => `${task_id} ${state} ${reason}`);
  return [...alike.values()].flatMap(([latest, ...others]) =>
    latest === undefined ? [] : [{ ...latest, times: others.length + 1, why: sentenceOf(latest) }],
  );
}

const sentenceOf = ({ reason, reason_text }: UnrunFiring): string =>
  reason_text ?? (reason !== null && isReasonCode(reason) ? reasonCodes[reason] : (reason ?? ''));
