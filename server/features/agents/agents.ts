import type { Agent, AgentStatus } from '../../../shared/api/agents.ts';
import { toInstant, toInstantOrNull } from '../../../shared/api/listing.ts';
import type { Facts, Metrics } from '../../../shared/metrics.ts';
import type { AgentsTable } from '../../schema/tables/agents.tables.ts';
import type { Duplicate } from './appearances.ts';

/** What an agent runs as. */
export type AgentExecutable = {
  /** null: it runs from source */
  readonly sha256: string | null;
  readonly commit: string;
  /** a sentence why it cannot replace itself; null: it can */
  readonly notUpdatable: string | null;
};

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
  /** two hosts use its identity: null in all but an unlucky few */
  readonly duplicate: Duplicate | null;
  readonly enrolledAt: number;
  /** null: it never told, as agents of older versions */
  readonly executable: AgentExecutable | null;
  /** it speaks this version of the protocol and not that of the server, so that it cannot connect before it is updated */
  readonly otherProtocol: number | null;
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
  duplicate: row.duplicate === null ? null : (JSON.parse(row.duplicate) as Duplicate),
  enrolledAt: row.enrolled_at,
  life: row.life_id,
  executable: row.executable === null ? null : (JSON.parse(row.executable) as AgentExecutable),
  otherProtocol: row.other_protocol,
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
  executable: view.executable,
  otherProtocol: view.otherProtocol,
  slots: view.slots,
  busy,
  metrics: view.metrics,
  facts: view.facts,
  runtimes: view.runtimes,
  enrolledAt: toInstant(view.enrolledAt),
  lastSeenAt: toInstantOrNull(view.lastSeenAt),
  duplicate: view.duplicate === null ? null : toDuplicate(view.duplicate),
});

const toDuplicate = ({ since, lastAt, hosts }: Duplicate): Agent['duplicate'] => ({
  since: toInstant(since),
  lastSeenAt: toInstant(lastAt),
  hosts: hosts.map(({ name, address, lastAt: at }) => ({ name, address, lastSeenAt: toInstant(at) })),
});
