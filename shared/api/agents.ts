import * as z from 'zod';
import { facts, metrics } from '../metrics.ts';
import { agentName, tagName } from '../names.ts';
import { instant, pageQuery } from './listing.ts';

export const agentStatuses = ['Online', 'Idle', 'Offline', 'Revoked'] as const;
export type AgentStatus = (typeof agentStatuses)[number];

/** Hosts that use one identity, because the folder of an agent was copied; told while they take turns, and a while after. */
export const agentDuplicate = z
  .object({
    since: instant,
    lastSeenAt: instant,
    /** those seen, the latest first */
    hosts: z.array(
      z.object({
        /** what the host calls itself; null: an agent of an older version */
        name: z.string().nullable(),
        /** where its connection came from, and its own address where that is another one */
        address: z.string(),
        lastSeenAt: instant,
      }),
    ),
  })
  .meta({ id: 'AgentDuplicate' });

/** What an agent runs as; null before it told, as of agents of older versions. */
export const agentExecutable = z
  .object({
    /** null: it runs from source */
    sha256: z.string().nullable(),
    commit: z.string(),
    /** why it cannot replace itself; null: it can */
    notUpdatable: z.string().nullable(),
  })
  .meta({ id: 'AgentExecutable' });

export const agent = z
  .object({
    id: z.string(),
    name: z.string(),
    status: z.enum(agentStatuses),
    connected: z.boolean(),
    tags: z.array(z.string()),
    os: z.string(),
    arch: z.string(),
    version: z.string(),
    executable: agentExecutable.nullable(),
    /** the version of the protocol that it speaks, if this server speaks another: it cannot connect before it is updated */
    otherProtocol: z.int().nullable(),
    slots: z.int(),
    /** executions that it holds now */
    busy: z.int(),
    metrics: metrics.nullable(),
    facts,
    /** interpreters found on the host and their versions */
    runtimes: z.record(z.string(), z.string()),
    enrolledAt: instant,
    lastSeenAt: instant.nullable(),
    duplicate: agentDuplicate.nullable(),
  })
  .meta({ id: 'Agent' });
export type Agent = z.infer<typeof agent>;

export const agentDetail = agent
  .extend({
    plugins: z.array(z.object({ name: z.string(), sha256: z.string(), current: z.boolean() })),
  })
  .meta({ id: 'AgentDetail' });
export type AgentDetail = z.infer<typeof agentDetail>;

export const agentQuery = pageQuery.extend({
  status: z.enum(agentStatuses).optional(),
  /** an owner: ALL, a name, or a target expression */
  target: z.string().max(2000).optional(),
});

/** How many agents a filter leaves, so that a page can tell while it is typed. */
export const agentCountQuery = z.strictObject({
  /** a target expression; one plain word that is no agent's name means every name that holds it */
  target: z.string().max(2000).optional(),
});
export const agentCount = z
  .object({
    matched: z.int(),
    total: z.int(),
    /** of those matched */
    byStatus: z.object({ Online: z.int(), Idle: z.int(), Offline: z.int(), Revoked: z.int() }),
  })
  .meta({ id: 'AgentCount' });
export type AgentCount = z.infer<typeof agentCount>;

const tags = z.array(tagName).max(50);
/** Adds tags to many agents, or takes them away: those given by their ids, or those that an owner reaches now. */
export const agentTagging = z
  .strictObject({
    agents: z.array(z.string().max(64)).min(1).max(10_000).optional(),
    /** an owner: ALL, a name, or a target expression */
    target: z.string().min(1).max(2000).optional(),
    add: tags.default([]),
    remove: tags.default([]),
  })
  .refine((tagging) => (tagging.agents === undefined) !== (tagging.target === undefined), {
    error: 'Give either agents or target.',
    path: ['agents'],
  })
  .refine((tagging) => tagging.add.length + tagging.remove.length > 0, { error: 'Give tags to add or to remove.', path: ['add'] })
  .refine((tagging) => !tagging.add.some((tag) => tagging.remove.includes(tag)), {
    error: 'A tag cannot be added and removed at once.',
    path: ['remove'],
  })
  .meta({ id: 'AgentTagging' });
export type AgentTagging = z.infer<typeof agentTagging>;

export const agentTagged = z.object({ matched: z.int(), changed: z.int() }).meta({ id: 'AgentTagged' });
export type AgentTagged = z.infer<typeof agentTagged>;

export const agentPatch = z
  .strictObject({ name: agentName.optional(), tags: z.array(tagName).max(50).optional() })
  .meta({ id: 'AgentPatch' });

/** Hosts with the same answer to "why not this one?". */
const ownerPreviewGroup = z.object({
  /** `status`: not Online, `platform`: the plugin does not run there, `no_match`: a part of the expression does not hold */
  reason: z.enum(['status', 'platform', 'revoked', 'no_match']),
  /** the reason in words, such as `tag:web does not hold` */
  text: z.string(),
  count: z.int(),
  /** the first of their names */
  names: z.array(z.string()),
});
export type OwnerPreviewGroup = z.infer<typeof ownerPreviewGroup>;

/** What an owner would reach now. */
export const ownerPreview = z
  .object({
    owner: z.string(),
    kind: z.enum(['all', 'anyone', 'agent', 'expression']),
    matched: z.int(),
    online: z.int(),
    /** of those matched: Online, and on one of the platforms that were asked for */
    ready: z.int(),
    /** the first names of those matched */
    names: z.array(z.string()),
    /** those matched that could not begin now, and why; the most first */
    held: z.array(ownerPreviewGroup),
    /** those not matched, and why not; of one host nobody asks that about the others */
    others: z.array(ownerPreviewGroup),
  })
  .meta({ id: 'OwnerPreview' });
export type OwnerPreview = z.infer<typeof ownerPreview>;

export const ownerPreviewQuery = z.strictObject({
  owner: z.string().min(1).max(2000),
  /** those of the plugin, such as `linux,win32`; absent: it runs on all */
  platforms: z
    .string()
    .max(200)
    .transform((text) => text.split(',').filter((platform) => platform !== ''))
    .optional(),
});
