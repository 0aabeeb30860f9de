import { isDeepStrictEqual } from 'node:util';
import type { z } from 'zod';
import type {
  Agent,
  AgentCount,
  AgentDetail,
  AgentTagged,
  AgentTagging,
  agentPatch,
  agentQuery,
  OwnerPreview,
} from '../../../shared/api/agents.ts';
import type { Page } from '../../../shared/api/listing.ts';
import type { ServerMessage } from '../../../shared/protocol.ts';
import { cursorOf, pageOfRows } from '../../platform/db/keyset.ts';
import type { Admit, OrderForOther } from '../../platform/gateway/admission.ts';
import type { AgentConnection } from '../../platform/gateway/connection.ts';
import type { Actor } from '../../platform/http/actor.ts';
import type { Origin } from '../auth/origin.ts';
import { type AdmissionResources, createAdmission } from './admission.ts';
import { type AgentChanges, type AgentChangesResources, agentNotFound, createAgentChanges } from './agent-changes.service.ts';
import { filterMatcher } from './agent-filter.ts';
import { countByStatus } from './agent-list.ts';
import { createAgentLoops } from './agent-loops.ts';
import { defaultStatusThresholds, type StatusThresholds } from './agent-status.ts';
import { createAgentTags, type TagChange } from './agent-tags.service.ts';
import { type AgentMessages, type AgentMessagesResources, createAgentMessages } from './agents.messages.ts';
import { allAgents, updateAgent } from './agents.store.ts';
import { type AgentExecutable, type AgentView, agentOfRow, toAgent } from './agents.ts';
import { createConnections } from './connections.ts';
import { createDuplicates, type DuplicatesResources } from './duplicates.ts';
import { createEnrolment, type Enrol, type EnrolmentResources } from './enrolment.service.ts';
import { createFleet, type Fleet } from './fleet.ts';
import { createHeartbeatRows } from './heartbeat-rows.ts';
import { createLeaving, type Leave } from './leaving.service.ts';
import { createLives, type LivesResources } from './lives.ts';
import { createOtherProtocol, type OtherProtocolResources } from './other-protocol.ts';
import { previewOf } from './owner-preview.ts';
import { type ResolvedOwner, resolveOwner } from './owners.ts';
import type { Matcher } from './target-terms.ts';

/** All agents, kept in memory as they are now; the rows are the truth. */
export type AgentsService = {
  /** oldest first. The array is the live one: read it at once, do not keep it */
  all(): readonly AgentView[];
  get(id: string): AgentView | undefined;
  byName(name: string): AgentView | undefined;
  connection(id: string): AgentConnection | undefined;
  /** @returns false if the agent has no open connection, or one that is too slow */
  send(id: string, message: ServerMessage): boolean;
  /** to every connected agent; turned into text once */
  broadcast(message: ServerMessage): void;
  /**
   * @param field the one that the owner came in, for errors
   * @throws MusterError owner_unknown, owner_syntax (with the column)
   */
  resolveOwner(owner: string, field?: string): ResolvedOwner;
  /** @param platforms those on which the plugin runs; undefined: on all */
  preview(owner: string, platforms?: readonly string[]): OwnerPreview;
  list(query: z.infer<typeof agentQuery>): Promise<Page<Agent>>;
  /**
   * What is typed above a list, as a test of one agent; revoked ones may match too.
   * @throws MusterError owner_syntax, with the column
   */
  filter(target: string): Matcher;
  /** How many that filter leaves, without a walk through anything but the memory. */
  count(target: string): AgentCount;
  /** @throws MusterError as `AgentTags` says */
  tag(tagging: AgentTagging, actor: Actor, origin?: Origin): Promise<AgentTagged>;
  /** The same for agents that a page has found. */
  tagThese(agents: readonly AgentView[], change: TagChange, actor: Actor, origin?: Origin): Promise<AgentTagged>;
  shown(agent: AgentView): Agent;
  detail(id: string): Promise<AgentDetail>;
  patch(id: string, patch: z.infer<typeof agentPatch>, actor: Actor, origin?: Origin): Promise<AgentDetail>;
  revoke(id: string, actor: Actor, origin?: Origin): Promise<AgentDetail>;
  readonly remove: AgentChanges['remove'];
  /** Agents that joined since then, newest first. */
  joinedSince(since: number): AgentView[];
  /** How many that are not revoked were heard of since then. */
  seenSince(since: number): number;
  /** What it told of itself; nothing is written when that is known. */
  noteExecutable(id: string, executable: AgentExecutable): Promise<void>;
  counts(): { readonly online: number; readonly idle: number; readonly offline: number; readonly revoked: number };
  readonly enrol: Enrol;
  /** a host goes for good */
  readonly leave: Leave;
  /** the agent whose open connection was given this token */
  agentOfDownloadToken(token: string): string | undefined;
  /** for the gateway */
  readonly admit: Admit;
  readonly orderForOther: OrderForOther;
  readonly messages: AgentMessages;
  /** When each was last heard of moves by so many ms, with the clock. */
  shiftSightings(ms: number): void;
  /** Reads all agents, then keeps statuses and rows up to date. */
  start(): Promise<void>;
  /** Writes the heartbeats that are not yet written. May be called twice. */
  stop(): Promise<void>;
};

type Made = 'fleet' | 'connections' | 'heartbeatRows' | 'lives' | 'duplicates';

export type AgentsResources = Omit<
  EnrolmentResources &
    AdmissionResources &
    AgentChangesResources &
    AgentMessagesResources &
    LivesResources &
    DuplicatesResources &
    OtherProtocolResources,
  Made
> & {
  readonly statusThresholds?: StatusThresholds;
  /** executions that an agent holds now */
  readonly busyOf: (agentId: string) => number;
  readonly lookAtTime?: () => Promise<void>;
  readonly pluginsHeldBy: (agentId: string) => Promise<AgentDetail['plugins']>;
};

export function createAgents(resources: AgentsResources): AgentsService {
  const { db, busyOf, pluginsHeldBy } = resources;
  const fleet = createFleet({ ...resources, thresholds: resources.statusThresholds ?? defaultStatusThresholds });
  const connections = createConnections();
  const heartbeatRows = createHeartbeatRows({ ...resources, fleet });
  const lives = createLives({ ...resources, fleet });
  const duplicates = createDuplicates({ ...resources, fleet });
  const own = { ...resources, fleet, connections, heartbeatRows, lives, duplicates };
  const changes = createAgentChanges(own);
  const tags = createAgentTags(own);
  const matching = (target: string) => filterMatcher(target, (name) => fleet.byName(name) !== undefined);
  const loops = createAgentLoops({ lookAtTime: async () => undefined, ...own });

  const detail = async (id: string): Promise<AgentDetail> => {
    const agent = fleet.get(id);
    if (agent === undefined) throw agentNotFound();
    return { ...toAgent(agent, busyOf(id)), plugins: await pluginsHeldBy(id) };
  };

  return {
    all: fleet.all,
    get: fleet.get,
    byName: fleet.byName,
    connection: connections.of,
    send: connections.send,
    broadcast: connections.broadcast,
    resolveOwner: (owner, field) => resolveOwner(fleet, owner, field),
    preview: (owner, platforms) => previewOf(fleet, owner, platforms),
    list: async (query) => listOf(fleet, query, busyOf),
    filter: matching,
    count(target) {
      const matched = fleet.all().filter(matching(target));
      return { matched: matched.length, total: fleet.all().length, byStatus: countByStatus(matched) };
    },
    tag: async (tagging, actor, origin) => tags.change(tags.reached(tagging), tagging, actor, origin),
    tagThese: tags.change,
    shown: (agent) => toAgent(agent, busyOf(agent.id)),
    detail,
    async patch(id, patch, actor, origin) {
      await changes.patch(id, patch, actor, origin);
      return detail(id);
    },
    async revoke(id, actor, origin) {
      await changes.revoke(id, actor, origin);
      return detail(id);
    },
    remove: changes.remove,
    joinedSince: (since) => joinedSince(fleet, since),
    seenSince: (since) => fleet.all().filter(({ revoked, lastSeenAt }) => !revoked && (lastSeenAt ?? 0) >= since).length,
    async noteExecutable(id, executable) {
      const agent = fleet.get(id);
      if (agent === undefined || isDeepStrictEqual(agent.executable, executable)) return;
      await db.write((writer) => updateAgent(writer, id, { executable: JSON.stringify(executable) }));
      fleet.update(id, { executable });
    },
    counts: () => countsOf(fleet),
    enrol: createEnrolment(own),
    leave: createLeaving(own),
    agentOfDownloadToken: connections.agentOfToken,
    admit: createAdmission(own),
    orderForOther: createOtherProtocol(own),
    messages: createAgentMessages(own),
    shiftSightings: fleet.shift,
    async start() {
      fleet.fill((await allAgents(db.read)).map(agentOfRow));
      loops.start();
    },
    stop: loops.stop,
  };
}

/** Newest first, by keyset on the id. */
function listOf(fleet: Fleet, query: z.infer<typeof agentQuery>, busyOf: (agentId: string) => number): Page<Agent> {
  const { limit, status, target } = query;
  const after = cursorOf(query.after, 'agent');
  const candidates = target === undefined ? fleet.all() : resolveOwner(fleet, target, 'target').agents;
  const rows: AgentView[] = [];
  for (let index = candidates.length - 1; index >= 0 && rows.length <= limit; index -= 1) {
    const agent = candidates[index] as AgentView;
    if ((after === undefined || agent.id < after) && (status === undefined || agent.status === status)) rows.push(agent);
  }
  return pageOfRows(rows, limit, (agent) => toAgent(agent, busyOf(agent.id)));
}

/** They come in the order in which they joined, so that only the newest are looked at. */
function joinedSince(fleet: Fleet, since: number): AgentView[] {
  const all = fleet.all();
  let first = all.length;
  while (first > 0 && (all[first - 1] as AgentView).enrolledAt >= since) first -= 1;
  return all.slice(first).reverse();
}

function countsOf(fleet: Fleet): ReturnType<AgentsService['counts']> {
  const counts = { online: 0, idle: 0, offline: 0, revoked: 0 };
  for (const { status } of fleet.all()) counts[status.toLowerCase() as keyof typeof counts] += 1;
  return counts;
}
