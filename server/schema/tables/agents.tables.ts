import type { Platform } from '../../../shared/plugin-manifest.ts';

export type AgentsTable = {
  id: string;
  name: string;
  /** SPKI DER, base64 */
  public_key: string;
  tags: string;
  os: Platform | '';
  arch: string;
  version: string;
  slots: number;
  facts: string;
  runtimes: string;
  /** the last sample, JSON of `Metrics` */
  metrics: string | null;
  enrolled_at: number;
  /** time of the last heartbeat that was written; at most one per agent and minute is */
  last_seen_at: number | null;
  revoked_at: number | null;
  /** of the process that was welcomed last; null if it never told */
  life_id: string | null;
  /** JSON of `AgentExecutable`; null: it never told */
  executable: string | null;
  /** of its last hello, if that was not the one of this server */
  other_protocol: number | null;
  /** JSON of `Duplicate`, while two hosts use its identity */
  duplicate: string | null;
};

export type AgentPluginsTable = { agent_id: string; name: string; sha256: string };
