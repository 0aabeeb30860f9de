import type { AgentMessage } from '../../../shared/protocol.ts';
import type { IntakeBudget } from './intake-budget.ts';

/**
 * The messages of one connection on their way to the handlers, in order.
 *
 *   held ──release──> running ──stop──> stopped (what waits is dropped)
 *
 * While it is held (the agent is being admitted) messages wait. While it runs, a handler is called as soon as its message is next; its
 * promise is not awaited before the next one, so that the writes of many messages share one commit. Once `maxInFlight` promises are
 * pending, or too many messages wait, the socket is no longer read: an agent that floods is slowed down by its own network. In one turn of
 * the event loop each connection gets `messagesPerTurn` at most, so that the others get theirs.
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
  /** shared by all connections */
  readonly budget: IntakeBudget;
};

/** As many as share one commit. */
const messagesPerTurn = 256;

export function createIntake(resources: IntakeResources): Intake {
  const { handle, onFailure, pauseReading, resumeReading, maxInFlight, maxWaiting, budget } = resources;
  let waiting: AgentMessage[] = [];
  let next = 0;
  let inFlight = 0;
  let mode: 'held' | 'running' | 'stopped' = 'held';
  let isReading = true;
  /** from when too much is under way until half of it is done */
  let congested = false;
  let whenSettled: (() => void)[] = [];
  let leftInTurn = messagesPerTurn;
  let nextTurn: NodeJS.Immediate | undefined;

  function run(): void {
    while (mode === 'running' && leftInTurn > 0 && inFlight < maxInFlight && budget.hasRoom() && next < waiting.length) {
      leftInTurn -= 1;
      nextTurn ??= setImmediate(turn);
      const message = waiting[next] as AgentMessage;
      next += 1;
      start(message);
    }
    if (mode === 'running' && next < waiting.length && !budget.hasRoom()) budget.whenRoom(run);
    if (next === waiting.length) {
      waiting = [];
      next = 0;
    }
    steerReading();
  }

  function turn(): void {
    nextTurn = undefined;
    leftInTurn = messagesPerTurn;
    run();
  }

  function start(message: AgentMessage): void {
    try {
      const work = handle(message);
      if (work === undefined) return;
      const size = sizeOf(message);
      inFlight += 1;
      budget.take(size);
      const done = (): void => {
        finished();
        budget.give(size);
      };
      work.then(done, (error: unknown) => {
        onFailure(error);
        done();
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
    const full = inFlight >= maxInFlight || waiting.length - next > maxWaiting || (waiting.length > next && !budget.hasRoom());
    if (full) congested = true;
    // half empty, so that a busy connection does not pause and resume with every message
    else if (mode === 'running' && waiting.length === next && inFlight <= maxInFlight / 2) congested = false;
    if (isReading === !congested) return;
    isReading = !congested;
    if (isReading) resumeReading();
    else pauseReading();
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
      clearImmediate(nextTurn);
      waiting = [];
      next = 0;
    },
    settled: () => (inFlight === 0 ? Promise.resolve() : new Promise((resolve) => whenSettled.push(resolve))),
  };
}

/** Only output is large and many. */
const sizeOf = (message: AgentMessage): number => (message.type === 'log' ? message.text.length : 0);
