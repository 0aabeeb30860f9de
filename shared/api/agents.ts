import * as z from 'zod';
import { facts, metrics } from '../metrics.ts';
import { agentName, tagName } from '../names.ts';
import { instant, pageQuery } from './listing.ts';

export const agentStatuses = ['Online', 'Idle', 'Offline', 'Revoked'] as const;
export type AgentStatus = (typeof agentStatuses)[number];

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
    slots: z.int(),
    /** executions that it holds now */
    busy: z.int(),
    metrics: metrics.nullable(),
    facts,
    /** interpreters found on the host and their versions */
    runtimes: z.record(z.string(), z.string()),
    enrolledAt: instant,
    lastSeenAt: instant.nullable(),
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

export const agentPatch = z
  .strictObject({ name: agentName.optional(), tags: z.array(tagName).max(50).optional() })
  .meta({ id: 'AgentPatch' });

/** What an owner would reach now. */
export const ownerPreview = z
  .object({
    owner: z.string(),
    kind: z.enum(['all', 'anyone', 'agent', 'expression']),
    matched: z.int(),
    online: z.int(),
    /** the first of their names */
    names: z.array(z.string()),
  })
  .meta({ id: 'OwnerPreview' });
export type OwnerPreview = z.infer<typeof ownerPreview>;
