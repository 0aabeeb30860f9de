import type { AgentMessage } from '../../../shared/protocol.ts';
import type { AgentLife } from './agent-life.ts';
import type { HostDisk } from './host-disk.ts';
import type { WorldLink } from './link.ts';

export type Mood = 'willing' | 'stubborn' | 'unable';

/** A host of the world, and what the server's registry says of it. */
export type Host = {
  readonly id: string;
  /** as the world calls it, whatever its name is now */
  readonly key: string;
  name: string;
  readonly os: string;
  readonly slots: number;
  status: 'Online' | 'Revoked';
  connected: boolean;
  metrics: null;
  /** stubborn: its work does not end when it is asked to; unable: its interpreter is missing */
  mood: Mood;
  disk: HostDisk;
  /** undefined while no agent runs */
  life: AgentLife | undefined;
  lives: number;
  /** of the agent that was welcomed last; a row, which outlives the server's process */
  knownLife: string | undefined;
  /** the newest, for the agent */
  link: WorldLink | undefined;
  /** the one whose hello the server read last */
  seat: WorldLink | undefined;
  /** since when this server process knows that the agent is away, having been here */
  awayAt: number | undefined;
  /** all that its agents ever sent about attempts */
  readonly said: AgentMessage[];
};

export const fleet = [
  { name: 'web1', os: 'linux', slots: 2 },
  { name: 'web2', os: 'linux', slots: 1 },
  { name: 'win1', os: 'win32', slots: 2 },
] as const;
