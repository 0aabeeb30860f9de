import type { Tally } from '../agents/tally.ts';

/** What the benchmark asks of a load process, and what that answers; each request has a number, and one answer with the same number. */
export type LoadRequest =
  | {
      readonly type: 'begin';
      readonly serverUrl: string;
      readonly serverPublicKey: string;
      /** lines of `SimulatedHost`, of which this process takes every `of`th, beginning with `nth` */
      readonly hostsFile: string;
      readonly of: number;
      readonly nth: number;
      /** for what an agent must have on a disk */
      readonly folder: string;
    }
  /** Opens all connections, evenly over so much time; answers at once. */
  | { readonly type: 'connect'; readonly withinMs: number }
  /** From now on so many of the agents lose their connection in a minute, again and again. */
  | { readonly type: 'churn'; readonly perMinute: number }
  | { readonly type: 'report' }
  /** When results were acknowledged since the last time that somebody asked. */
  | { readonly type: 'take' }
  /** Enrols so many new agents by the agent's own code, some at a time; they do not connect. */
  | { readonly type: 'enrol'; readonly joinToken: string; readonly count: number; readonly prefix: string }
  | { readonly type: 'stop' };

export type LoadReport = Tally & {
  /** processor time so far, user and system */
  readonly cpuSeconds: number;
  readonly residentBytes: number;
};

export type LoadAnswers = {
  readonly begin: { readonly agents: number };
  readonly connect: null;
  readonly churn: null;
  readonly report: LoadReport;
  /** ms since the epoch */
  readonly take: readonly number[];
  readonly enrol: { readonly milliseconds: readonly number[] };
  readonly stop: null;
};

export type LoadCall = { readonly id: number; readonly request: LoadRequest };
export type LoadReply =
  | { readonly id: number; readonly answer: LoadAnswers[keyof LoadAnswers] }
  | { readonly id: number; readonly error: string };
