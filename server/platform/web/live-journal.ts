import type { EventName } from '../../../shared/events.ts';

export type LiveEvent = {
  /** epoch of this server process and a count: `9f3a…-1042` */
  readonly id: string;
  readonly sequence: number;
  readonly name: EventName;
  readonly topics: readonly string[];
  /** newer ones of the same subject replace older ones that are not sent yet */
  readonly subject: string;
  readonly payload: object;
};

/** The newest events of this process, so that a stream that was cut can go on where it was. */
export type LiveJournal = {
  add(event: Omit<LiveEvent, 'id' | 'sequence'>): LiveEvent;
  /** id of the newest event, or of none yet */
  position(): string;
  /** What came after the given id; none given: nothing was missed; undefined: it cannot be known any more. */
  since(id: string | undefined, topics: readonly string[]): readonly LiveEvent[] | undefined;
};

export function createLiveJournal(epoch: string, size = 2000): LiveJournal {
  // a ring: the event of sequence n is at n modulo size
  const ring: LiveEvent[] = [];
  let sequence = 0;
  return {
    add(event) {
      sequence += 1;
      const kept = { ...event, sequence, id: `${epoch}-${sequence}` };
      ring[sequence % size] = kept;
      return kept;
    },
    position: () => `${epoch}-${sequence}`,
    since(id, topics) {
      if (id === undefined) return [];
      const [itsEpoch, itsSequence] = id.split('-');
      const from = Number(itsSequence);
      if (itsEpoch !== epoch || !Number.isSafeInteger(from) || from > sequence || sequence - from > size) return undefined;
      const missed = Array.from({ length: sequence - from }, (_, i) => ring[(from + 1 + i) % size]);
      return missed.filter((event): event is LiveEvent => event?.topics.some((topic) => topics.includes(topic)) ?? false);
    },
  };
}
