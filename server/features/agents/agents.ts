import type { Agent, AgentStatus } from '../../../shared/api/agents.ts';
import { toInstant, toInstantOrNull } from '../../../shared/api/listing.ts';
import type { Facts, Metrics } from '../../../shared/metrics.ts';
import type { AgentsTable } from '../../schema/tables/agents.tables.ts';

/** An agent as the server sees it now. A view is never changed: a change makes a new one. */
export type AgentView = {
  readonly id: string;
  readonly name: string;
  readonly tags: readonly string[];
  readonly os: AgentsTable['os'];
  readonly arch: string;
  readonly version: string;
  readonly slots: number;
  readonly facts: Facts;
  /** interpreters found on the host and their versions */
  readonly runtimes: Readonly<Record<string, string>>;
  readonly status: AgentStatus;
  /** whether its socket is open: a closed one shows at once, long before the status does */
  readonly connected: boolean;
  readonly metrics: Metrics | null;
  /** ms since the epoch, of its last heartbeat or its last connecting */
  readonly lastSeenAt: number | null;
  readonly revoked: boolean;
  readonly enrolledAt: number;
};

/** What only this feature needs. */
export type AgentRecord = AgentView & {
  /** SPKI DER, base64 */
  readonly publicKey: string;
  /** of the process that was welcomed last */
  readonly life: string | null;
};

export type UnratedAgent = Omit<AgentRecord, 'status'>;

export const agentOfRow = (row: AgentsTable): UnratedAgent => ({
  id: row.id,
  name: row.name,
  tags: JSON.parse(row.tags) as string[],
  os: row.os,
  arch: row.arch,
  version: row.version,
  slots: row.slots,
  facts: JSON.parse(row.facts) as Facts,
  runtimes: JSON.parse(row.runtimes) as Record<string, string>,
  connected: false,
  metrics: row.metrics === null ? null : (JSON.parse(row.metrics) as Metrics),
  lastSeenAt: row.last_seen_at,
  revoked: row.revoked_at !== null,
  enrolledAt: row.enrolled_at,
  life: row.life_id,
  publicKey: row.public_key,
});

/** @param busy executions that it holds now */
export const toAgent = (view: AgentView, busy: number): Agent => ({
  id: view.id,
  name: view.name,
  status: view.status,
  connected: view.connected,
  tags: [...view.tags],
  os: view.os,
  arch: view.arch,
  version: view.version,
  slots: view.slots,
  busy,
  metrics: view.metrics,
  facts: view.facts,
  runtimes: view.runtimes,
  enrolledAt: toInstant(view.enrolledAt),
  lastSeenAt: toInstantOrNull(view.lastSeenAt),
});
