import * as z from 'zod';
import { sha256 } from '../names.ts';
import { releasePlatforms } from '../release.ts';
import { hostUpdateStates, switchModes, updateStates } from '../update-states.ts';
import { instant, pageQuery } from './listing.ts';

/** The waves of an update: first the canaries, then shares of the fleet in percent, each counting all hosts before it too; the last is 100. */
export const newUpdate = z
  .strictObject({
    /** an owner: ALL, a name, or a target expression; whom it is for */
    target: z.string().min(1).max(2000).default('ALL'),
    /** an owner: the hosts of the first wave; default: the one host that is Online and least busy */
    canary: z.string().min(1).max(2000).optional(),
    /** percent of the hosts after the canaries, rising */
    shares: z
      .array(z.int().min(1).max(100))
      .max(20)
      .refine(
        (shares) => shares.every((share, i) => i === 0 || share > (shares[i - 1] as number)),
        'Each share is larger than the one before.',
      )
      .refine((shares) => shares.length === 0 || shares.at(-1) === 100, 'The last share is 100.')
      .default([10, 50, 100]),
    /** hosts that download at the same time */
    atOnce: z.int().min(1).max(1000).default(20),
    /** so many hosts of the update may fail or roll back before it pauses; 0: the first one pauses it */
    maxErrors: z.int().min(0).max(10_000).default(0),
    mode: z.enum(switchModes).default('idle'),
    /** with `idle`: after so long a busy agent takes no new work */
    drainAfterSeconds: z.int().min(0).max(86_400).default(600),
    /** within which the new agent must be Online, or the host goes back */
    healthySeconds: z.int().min(10).max(3600).default(120),
    /** between the last host of a wave and the next wave */
    pauseSeconds: z.int().min(0).max(86_400).default(0),
  })
  .meta({ id: 'NewAgentUpdate' });
export type NewUpdate = z.infer<typeof newUpdate>;

export const updateWave = z.object({
  /** from 0, the canaries */
  number: z.int(),
  label: z.string(),
  begunAt: instant.nullable(),
  total: z.int(),
  counts: z.partialRecord(z.enum(hostUpdateStates), z.int()),
});

export const agentUpdate = z
  .object({
    id: z.string(),
    version: z.string(),
    commit: z.string(),
    state: z.enum(updateStates),
    /** why it is in this state, for a person */
    reason: z.string(),
    settings: newUpdate,
    files: z.array(z.object({ platform: z.enum(releasePlatforms), sha256 })),
    waves: z.array(updateWave),
    total: z.int(),
    counts: z.partialRecord(z.enum(hostUpdateStates), z.int()),
    createdAt: instant,
    createdBy: z.string(),
    finishedAt: instant.nullable(),
  })
  .meta({ id: 'AgentUpdate' });
export type AgentUpdate = z.infer<typeof agentUpdate>;

export const hostUpdate = z
  .object({
    agentId: z.string(),
    agentName: z.string(),
    wave: z.int(),
    state: z.enum(hostUpdateStates),
    /** for a person: why it waits, what failed, why it went back */
    message: z.string(),
    /** the version that the agent has now */
    version: z.string(),
    at: instant,
  })
  .meta({ id: 'HostUpdate' });
export type HostUpdate = z.infer<typeof hostUpdate>;

export const updateQuery = pageQuery;
export const hostUpdateQuery = pageQuery.extend({
  state: z.enum(hostUpdateStates).optional(),
  wave: z.coerce.number().int().min(0).optional(),
});

/** Which executables the fleet has, by how many hosts; and what this server offers. */
export const agentVersions = z
  .object({
    offered: z.object({ version: z.string(), commit: z.string() }).nullable(),
    versions: z.array(
      z.object({
        version: z.string(),
        commit: z.string().nullable(),
        count: z.int(),
        /** it is what the server offers */
        isOffered: z.boolean(),
      }),
    ),
  })
  .meta({ id: 'AgentVersions' });
export type AgentVersions = z.infer<typeof agentVersions>;
