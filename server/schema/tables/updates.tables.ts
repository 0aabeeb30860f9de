import type { HostUpdateState, UpdateState } from '../../../shared/update-states.ts';

export type AgentUpdatesTable = {
  id: string;
  /** JSON of `SignedRelease` as it was when the update began */
  release: string;
  /** JSON of `NewUpdate` */
  settings: string;
  state: UpdateState;
  reason: string;
  /** JSON of `Wave[]`: labels and when each began */
  waves: string;
  /** when the next wave may begin: set when the ones before it are over */
  next_wave_at: number | null;
  /** errors that a person has seen and let pass, by resuming */
  forgiven: number;
  created_at: number;
  created_by: string;
  finished_at: number | null;
};

export type AgentUpdateHostsTable = {
  update_id: string;
  agent_id: string;
  /** as it was called when it came to the update; an agent that is removed keeps its row */
  agent_name: string;
  wave: number;
  state: HostUpdateState;
  message: string;
  changed_at: number;
  /** since when a host under way is not connected */
  away_since: number | null;
  /** by which a host under way must be further */
  deadline_at: number | null;
};
