import type { ReadingTurns } from './reading-turns.ts';

/**
 * The frames of one connection on their way to the parser, in order.
 *
 *   reading ──(it had its share of the turn, or all together had theirs)──> waiting ──(its turn)──> reading
 *
 * While it waits the socket is not read, and what came all the same is parked. All frames that are there are read in one turn as long as the
 * shares allow it: what came in while the disk was busy shares the next commit.
 */
export type FrameReading = {
  heard(frame: Buffer): void;
  /** Drops what is parked: the agent sends again what was not acknowledged. */
  stop(): void;
};

export type FrameReadingResources = {
  readonly turns: ReadingTurns;
  readonly pauseReading: () => void;
  readonly resumeReading: () => void;
  readonly read: (frame: Buffer) => void;
};

/** Of one connection: a millisecond or two of parsing. */
const bytesPerTurn = 256 * 1024;
/** What a socket hands over at a time: only a part of a large frame, so that many may come in side by side. */
const bytesAtOnce = 64 * 1024;
/** Who has sent no more than that in a turn is read at once, however loud the others are: heartbeats, accepts and results. */
const modestBytes = 16 * 1024;

export function createFrameReading({ turns, pauseReading, resumeReading, read }: FrameReadingResources): FrameReading {
  const parked: Buffer[] = [];
  let isWaiting = false;
  let isStopped = false;
  let turn = 0;
  let bytesInTurn = 0;

  const isOver = (): boolean => bytesInTurn >= (turns.isUsedUp() ? modestBytes : bytesPerTurn);

  function readNow(frame: Buffer): void {
    if (turn !== turns.turn()) {
      turn = turns.turn();
      bytesInTurn = 0;
    }
    bytesInTurn += frame.length;
    turns.take(frame.length);
    read(frame);
  }

  function wait(expected: number): void {
    isWaiting = true;
    turns.whenNext(goOn, expected);
  }

  function goOn(): void {
    isWaiting = false;
    const frame = parked.shift();
    if (frame !== undefined) readNow(frame);
    // what was read may have closed the connection
    if (isStopped) return;
    if (parked[0] !== undefined) wait(parked[0].length);
    else resumeReading();
  }

  return {
    heard(frame) {
      if (isWaiting) {
        parked.push(frame);
        return;
      }
      const mustPark = frame.length > modestBytes && turns.isUsedUp();
      if (mustPark) parked.push(frame);
      else readNow(frame);
      if (isStopped || !(mustPark || isOver())) return;
      pauseReading();
      wait(mustPark ? frame.length : bytesAtOnce);
    },
    stop() {
      isStopped = true;
      parked.length = 0;
      turns.leave(goOn);
    },
  };
}
