import type { Work } from './agents/work.ts';

/** What a scenario is told; each is an option of `npm run bench -- fleet`. */
export type FleetBenchSettings = {
  /** numbers of agents, one after the other; undefined: those of the scenario */
  readonly agents: readonly number[] | undefined;
  /** how often each thing is measured */
  readonly runs: number;
  readonly tls: boolean;
  /** that the simulated agents share */
  readonly processes: number;
  /** of each agent */
  readonly slots: number;
  /** what an execution does, where the scenario does not say it */
  readonly work: Work;
  /** share of the agents that loses its connection in a minute, 0 to 1 */
  readonly churn: number;
  /** tasks of one run of `throughput` */
  readonly tasks: number;
  /** length of one run of the scenarios that go on for a time; undefined: that of the scenario */
  readonly seconds: number | undefined;
  /** executions in the ledger before `history` measures, one after the other */
  readonly history: readonly number[];
  /** where ledgers with so much in them are kept for the next time; undefined: each is made anew */
  readonly keepHistory: string | undefined;
  /** where the server writes a processor profile when it ends; undefined: none is made, which is faster */
  readonly profile: string | undefined;
  /** beside what others would use instead, where the scenario knows such */
  readonly rivals: boolean;
};
