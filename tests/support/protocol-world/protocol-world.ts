import type { Database } from '../../../server/schema/schema.ts';
import type { TaskInput } from '../../../shared/api/tasks.ts';
import type { AgentMessage } from '../../../shared/protocol.ts';
import type { FakeClock } from '../clock.ts';
import type { ServerInstance } from '../ledger-world/server-instance.ts';
import type { Host } from './host.ts';
import type { Work } from './scripted-work.ts';

/**
 * Both real sides in one process: the ledger of the server on a real database, and several whole agents with real journals and spools,
 * joined by connections under the hand of the test. Only sockets, programs, clocks and the fsync are made up.
 */
export type ProtocolWorld = {
  readonly db: Database;
  readonly clock: FakeClock;
  readonly hosts: readonly Host[];
  /** everything that was ever started, as the one who started it saw it */
  readonly works: readonly Work[];
  /** where the output of each attempt begins in the log */
  readonly logFrom: ReadonlyMap<string, number>;
  /** promises that were seen broken at the very instant */
  readonly broken: string[];
  server(): ServerInstance;
  run(work: () => Promise<unknown>): void;
  startDispatch(): void;
  settle(): Promise<void>;
  post(input: Partial<TaskInput> & Record<string, unknown>): void;
  /** The agent opens a connection; the one before is dead for it. */
  connect(host: Host): void;
  cut(host: Host, seenBy: 'agent' | 'server' | 'both'): void;
  toServer(host: Host, count: number): number;
  toAgent(host: Host, count: number): number;
  /** Something that has arrived on this connection arrives once more. */
  again(host: Host, toward: 'agent' | 'server', which: number): void;
  handle(host: Host, message: AgentMessage): void;
  /** Deadlines are looked at. */
  sweep(): void;
  readonly sweptAt: () => number;
  revoke(host: Host): void;
  /** `kill -9` of the agent. Its programs go on, or die with it; with `power`, so much of what no fsync has seen is left. */
  kill(host: Host, programs: 'live' | 'die', power?: number): Promise<void>;
  /** The host is set back: its agent and its programs are gone, and so are journal and spool. */
  forgetAll(host: Host): Promise<void>;
  begin(host: Host): Promise<void>;
  restartServer(turns: number): Promise<void>;
  dispose(): Promise<void>;
};
