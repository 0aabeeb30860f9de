import type { AgentMessage, JournalEntry, Offer, ResultMessage, ServerMessageOf, Verdict } from '../../../shared/protocol.ts';
import type { AttemptOutcome } from '../../../shared/states.ts';

/** What the agent answers to an offer, and whether it obeys a stop at once. */
export const moods = ['accepts', 'accepts', 'accepts', 'holds', 'declines', 'rejects', 'lacks_runtime', 'ignores_stop'] as const;
export type Mood = (typeof moods)[number];

/** What of the server's messages concerns attempts; the welcome is the first one on a connection. */
export type ToAgent =
  | { readonly type: 'welcome'; readonly verdicts: readonly Verdict[] }
  | Offer
  | ServerMessageOf<'start' | 'stop' | 'ack' | 'log_ack' | 'log_from'>;

/** An attempt in the journal. `isLive` is true while a process of it runs. */
export type Held = {
  readonly execution: string;
  readonly attempt: number;
  readonly logFrom: number;
  printed: Buffer;
  isLive: boolean;
  isUnwanted: boolean;
  mustStop: boolean;
  result: ResultMessage | undefined;
  sent: number;
  isResultSent: boolean;
};

type Key = { readonly execution: string; readonly attempt: number };

/**
 * An agent as the protocol wants it, without its disk, its processes and its socket: it journals when it starts, starts only what it was
 * told to start and never twice, sends its output in order and keeps each result until the ack.
 */
export type HonestAgent = {
  mood: Mood;
  readonly held: ReadonlyMap<string, Held>;
  hello(): JournalEntry[];
  /** A connection is up from its welcome on. */
  receive(message: ToAgent, send: (message: AgentMessage) => void): void;
  disconnected(): void;
  /** Accepts what it held back, unless the lease is over. */
  decide(now: number): void;
  print(which: number, text: string): void;
  finish(which: number, outcome: AttemptOutcome): void;
  /** Sends what is to be delivered, in chunks of about this size. */
  deliver(chunkBytes: number): void;
  /** Killed and started again: what ran is lost, the journal is not. */
  crash(): void;
};

export type HonestAgentOptions = {
  readonly slots: number;
  readonly now: () => number;
  readonly onStart: (key: Key) => void;
  readonly onSent: (message: AgentMessage) => void;
};

const keyOf = ({ execution, attempt }: Key): string => `${execution}/${attempt}`;

export function createHonestAgent({ slots, now, onStart, onSent }: HonestAgentOptions): HonestAgent {
  const held = new Map<string, Held>();
  const offered = new Map<string, { readonly offer: Offer; readonly until: number; isAccepted: boolean }>();
  const latest = new Map<string, number>();
  let uplink: ((message: AgentMessage) => void) | undefined;

  const say = (message: AgentMessage): void => {
    if (uplink === undefined) return;
    onSent(message);
    uplink(message);
  };
  const isPast = (key: Key): boolean => held.has(keyOf(key)) || (latest.get(key.execution) ?? 0) >= key.attempt;
  const taken = (): number => offered.size + [...held.values()].filter(({ isLive }) => isLive).length;
  const nothingRan = (key: Key, logSize: number, ending: Partial<ResultMessage> = {}): ResultMessage => ({
    type: 'result', ...key, outcome: 'cancelled', reason: 'cancel_requested', message: 'nothing ran', exitCode: null, data: null, durationMs: 0, logSize, cutBytes: 0,
    ...ending,
  }); // biome-ignore format: a message

  function onOffer(offer: Offer): void {
    const key = { execution: offer.execution, attempt: offer.attempt };
    const known = held.get(keyOf(key));
    if (known?.result !== undefined) resumeFrom(known, known.logFrom);
    else if (!isPast(key)) answer(offer, key);
  }

  function answer(offer: Offer, key: Key): void {
    if (agent.mood === 'declines' || taken() >= slots) {
      say({ type: 'decline', ...key, reason: 'slots_full', message: 'not now' });
    } else if (agent.mood === 'rejects' || agent.mood === 'lacks_runtime') {
      const reason = agent.mood === 'rejects' ? 'plugin_tampered' : 'runtime_missing';
      say(nothingRan(key, offer.logFrom, { outcome: 'rejected', reason }));
    } else {
      const isAccepted = agent.mood !== 'holds';
      offered.set(offer.execution, { offer, until: now() + offer.leaseSeconds * 1000, isAccepted });
      if (isAccepted) say({ type: 'accept', ...key });
    }
  }

  function onStartMessage(key: Key): void {
    const item = offered.get(key.execution);
    if (isPast(key) || item?.offer.attempt !== key.attempt || !item.isAccepted) return;
    offered.delete(key.execution);
    const { logFrom } = item.offer;
    const fresh = { isLive: true, isUnwanted: false, mustStop: false, result: undefined, isResultSent: false };
    held.set(keyOf(key), { ...key, logFrom, printed: Buffer.alloc(0), sent: logFrom, ...fresh });
    latest.set(key.execution, key.attempt);
    onStart(key);
  }

  function onStop({ execution, attempt, reason }: ServerMessageOf<'stop'>): void {
    const key = { execution, attempt };
    const known = held.get(keyOf(key));
    const item = offered.get(execution);
    if (known?.result !== undefined) resumeFrom(known, known.logFrom);
    else if (known !== undefined) stop(known);
    else if (item?.offer.attempt === attempt) {
      offered.delete(execution);
      say(nothingRan(key, item.offer.logFrom));
    } else if (reason === 'cancel' && !isPast(key)) say(nothingRan(key, 0));
  }

  function stop(attempt: Held): void {
    attempt.mustStop = true;
    if (agent.mood !== 'ignores_stop') end(attempt, 'cancelled');
  }

  function end(attempt: Held, outcome: AttemptOutcome): void {
    attempt.isLive = false;
    if (attempt.isUnwanted) return void held.delete(keyOf(attempt));
    const reasons = { succeeded: 'finished', failed: 'exit_code', timed_out: 'time_limit', cancelled: 'cancel_requested', rejected: 'host_disk_full', lost: 'agent_restarted' }; // biome-ignore format: a table
    const { execution, attempt: number, logFrom, printed } = attempt;
    attempt.result = nothingRan({ execution, attempt: number }, logFrom + printed.length, {
      outcome,
      reason: reasons[outcome],
      message: outcome,
    });
    attempt.isResultSent = false;
  }

  function resumeFrom(attempt: Held, offset: number): void {
    attempt.sent = Math.min(Math.max(offset, attempt.logFrom), attempt.logFrom + attempt.printed.length);
    attempt.isResultSent = false;
  }

  function reconcile(verdicts: readonly Verdict[]): void {
    for (const verdict of verdicts) {
      const attempt = held.get(keyOf(verdict));
      if (attempt === undefined) continue;
      if (verdict.verdict === 'keep' || verdict.verdict === 'deliver') resumeFrom(attempt, verdict.logFrom);
      else if (attempt.result !== undefined) held.delete(keyOf(attempt));
      else {
        attempt.isUnwanted = true;
        stop(attempt);
      }
    }
  }

  function deliverOne(attempt: Held, chunkBytes: number): void {
    const bytes = attempt.printed;
    for (let from = attempt.sent - attempt.logFrom; from < bytes.length; ) {
      let to = Math.min(from + chunkBytes, bytes.length);
      while (to < bytes.length && ((bytes[to] ?? 0) & 0xc0) === 0x80) to += 1;
      const { execution, attempt: number, logFrom } = attempt;
      const text = bytes.subarray(from, to).toString();
      say({ type: 'log', execution, attempt: number, offset: logFrom + from, stream: 'out', at: now(), text });
      from = to;
      attempt.sent = logFrom + to;
    }
    if (attempt.result === undefined || attempt.isResultSent) return;
    attempt.isResultSent = true;
    say(attempt.result);
  }

  const pick = (which: number): Held | undefined => {
    const live = [...held.values()].filter(({ isLive }) => isLive);
    return live[which % Math.max(1, live.length)];
  };

  const agent: HonestAgent = {
    mood: 'accepts',
    held,
    hello: () =>
      [...held.values()].map(({ execution, attempt, result, logFrom, printed }) => ({
        execution,
        attempt,
        state: result === undefined ? 'running' : 'ended',
        logSize: logFrom + printed.length,
      })),
    receive(message, send) {
      if (message.type === 'welcome') {
        reconcile(message.verdicts);
        uplink = send;
      } else if (uplink === undefined) return;
      else if (message.type === 'offer') onOffer(message);
      else if (message.type === 'start') onStartMessage(message);
      else if (message.type === 'stop') onStop(message);
      else {
        const known = held.get(keyOf(message));
        if (known === undefined) return;
        if (message.type === 'ack' && known.result !== undefined) held.delete(keyOf(message));
        if (message.type === 'log_from') resumeFrom(known, message.offset);
      }
    },
    disconnected() {
      uplink = undefined;
      offered.clear();
    },
    decide(at) {
      for (const [execution, item] of offered) {
        if (item.isAccepted) continue;
        if (item.until <= at) offered.delete(execution);
        else {
          item.isAccepted = true;
          say({ type: 'accept', execution, attempt: item.offer.attempt });
        }
      }
    },
    print(which, text) {
      const attempt = pick(which);
      if (attempt !== undefined) attempt.printed = Buffer.concat([attempt.printed, Buffer.from(text)]);
    },
    finish(which, outcome) {
      const attempt = pick(which);
      if (attempt !== undefined) end(attempt, attempt.mustStop ? 'cancelled' : outcome);
    },
    deliver(chunkBytes) {
      if (uplink !== undefined) for (const attempt of [...held.values()]) deliverOne(attempt, chunkBytes);
    },
    crash() {
      agent.disconnected();
      latest.clear();
      for (const attempt of held.values()) {
        latest.set(attempt.execution, Math.max(latest.get(attempt.execution) ?? 0, attempt.attempt));
        if (attempt.result !== undefined) continue;
        attempt.isUnwanted = false;
        end(attempt, 'lost');
      }
    },
  };
  return agent;
}
