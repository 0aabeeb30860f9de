import type { SwitchMode } from '../../shared/update-states.ts';

export type SwitchMoment = {
  readonly mode: SwitchMode;
  readonly drainAfterSeconds: number;
  /** since the new executable is there and proved */
  readonly readyForMs: number;
  /** nothing runs, and nothing that was accepted is to start */
  readonly isIdle: boolean;
};

/** Whether an agent that has its new executable switches to it at this moment, and if not, whether it takes new work meanwhile. */
export function switchDecision({ mode, drainAfterSeconds, readyForMs, isIdle }: SwitchMoment): 'switch' | 'wait' | 'drain' {
  if (isIdle || mode === 'now') return 'switch';
  return mode === 'drain' || readyForMs >= drainAfterSeconds * 1000 ? 'drain' : 'wait';
}
