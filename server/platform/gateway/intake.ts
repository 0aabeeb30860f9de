import type { AgentMessage } from '../../../shared/protocol.ts';

/**
 * The messages of one connection on their way to the handlers, in order.
 *
 *   held ──release──> running ──stop──> stopped (what waits is dropped)
 *
 * While it is held (the agent is being admitted) messages wait. While it runs, a handler is called as soon as its message is next; its
 * promise is not awaited before the next one, so that the writes of many messages share one commit. Once `maxInFlight` promises are
 * pending, or too many messages wait, the socket is no longer read: an agent that floods is slowed down by its own network.
 */
export type Intake = {
  push(message: AgentMessage): void;
  release(): void;
  stop(): void;
  /** Resolves when no handler is under way. */
  settled(): Promise<void>;
};

export type IntakeResources = {
  readonly handle: (message: AgentMessage) => Promise<void> | void;
  readonly onFailure: (error: unknown) => void;
  readonly pauseReading: () => void;
  readonly resumeReading: () => void;
  /** the most handler promises pending */
  readonly maxInFlight: number;
  /** the most messages waiting before reading pauses */
  readonly maxWaiting: number;
};

export function createIntake(resources: IntakeResources): Intake {
  const { handle, onFailure, pauseReading, resumeReading, maxInFlight, maxWaiting } = resources;
  let waiting: AgentMessage[] = [];
  let next = 0;
  let inFlight = 0;
  let mode: 'held' | 'running' | 'stopped' = 'held';
  let paused = false;
  let whenSettled: (() => void)[] = [];

  function run(): void {
    while (mode === 'running' && inFlight < maxInFlight && next < waiting.length) {
      const message = waiting[next] as AgentMessage;
      next += 1;
      start(message);
    }
    if (next === waiting.length) {
      waiting = [];
      next = 0;
    }
    steerReading();
  }

  function start(message: AgentMessage): void {
    try {
      const work = handle(message);
      if (work === undefined) return;
      inFlight += 1;
      work.then(finished, (error: unknown) => {
        onFailure(error);
        finished();
      });
    } catch (error) {
      onFailure(error);
    }
  }

  function finished(): void {
    inFlight -= 1;
    if (inFlight === 0) {
      for (const resolve of whenSettled) resolve();
      whenSettled = [];
    }
    run();
  }

  function steerReading(): void {
    if (mode === 'stopped') return;
    const full = inFlight >= maxInFlight || waiting.length - next > maxWaiting;
    if (full && !paused) {
      paused = true;
      pauseReading();
    }
    // half empty, so that a busy connection does not pause and resume with every message
    if (paused && mode === 'running' && waiting.length === next && inFlight <= maxInFlight / 2) {
      paused = false;
      resumeReading();
    }
  }

  return {
    push(message) {
      if (mode === 'stopped') return;
      waiting.push(message);
      run();
    },
    release() {
      if (mode !== 'held') return;
      mode = 'running';
      run();
    },
    stop() {
      mode = 'stopped';
      waiting = [];
      next = 0;
    },
    settled: () => (inFlight === 0 ? Promise.resolve() : new Promise((resolve) => whenSettled.push(resolve))),
  };
}
