import * as z from 'zod';
import { agentName, displayName, tagName } from '../names.ts';
import { roles } from '../permissions.ts';
import { instant, pageQuery, pointInTime } from './listing.ts';

export const userName = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[A-Za-z0-9_][A-Za-z0-9._@-]*$/, 'Use letters, digits, dot, dash, underscore and @.');
export const password = z.string().min(12, 'Use at least 12 characters.').max(200);

export const user = z
  .object({
    id: z.string(),
    name: z.string(),
    role: z.enum(roles),
    disabled: z.boolean(),
    hasPassword: z.boolean(),
    createdAt: instant,
    lastSignInAt: instant.nullable(),
  })
  .meta({ id: 'User' });
export type User = z.infer<typeof user>;
export const userInput = z.strictObject({ name: userName, role: z.enum(roles), password }).meta({ id: 'UserInput' });
export const userPatch = z
  .strictObject({
    role: z.enum(roles).optional(),
    disabled: z.boolean().optional(),
    password: password.optional(),
  })
  .meta({ id: 'UserPatch' });

export const apiToken = z
  .object({
    id: z.string(),
    name: z.string(),
    role: z.enum(roles),
    createdBy: z.string(),
    createdAt: instant,
    lastUsedAt: instant.nullable(),
    expiresAt: instant.nullable(),
    revoked: z.boolean(),
  })
  .meta({ id: 'ApiToken' });
export type ApiToken = z.infer<typeof apiToken>;
export const tokenInput = z
  .strictObject({
    name: displayName(120),
    role: z.enum(roles),
    expiresInSeconds: z.int().min(60).max(315_360_000).optional(),
  })
  .meta({ id: 'TokenInput' });
/** the secret is shown once */
export const tokenCreated = apiToken.extend({ token: z.string() }).meta({ id: 'TokenCreated' });

export const joinToken = z
  .object({
    id: z.string(),
    createdBy: z.string(),
    createdAt: instant,
    expiresAt: instant,
    maxUses: z.int(),
    uses: z.int(),
    agentName: z.string().nullable(),
    tags: z.array(z.string()),
    revoked: z.boolean(),
  })
  .meta({ id: 'JoinToken' });
export type JoinToken = z.infer<typeof joinToken>;
export const joinTokenInput = z
  .strictObject({
    expiresInSeconds: z.int().min(60).max(31_536_000).default(86_400),
    maxUses: z.int().min(1).max(100_000).default(1),
    /** fixes the name of the one agent that joins with it */
    agentName: agentName.optional(),
    tags: z.array(tagName).max(50).default([]),
  })
  .meta({ id: 'JoinTokenInput' });
export const joinTokenCreated = joinToken.extend({ token: z.string() }).meta({ id: 'JoinTokenCreated' });

export const auditEntry = z
  .object({
    id: z.string(),
    at: instant,
    actor: z.string(),
    action: z.string(),
    subject: z.string(),
    detail: z.record(z.string(), z.unknown()),
    address: z.string().nullable(),
  })
  .meta({ id: 'AuditEntry' });
export type AuditEntry = z.infer<typeof auditEntry>;
/** With two or three of actor, action and subject a page may hold fewer entries than it could, or none: `next` alone tells whether there are more. */
export const auditFilter = z.strictObject({
  actor: z.string().max(120).optional(),
  action: z.string().max(120).optional(),
  subject: z.string().max(120).optional(),
  /** then or later */
  since: pointInTime.optional(),
  /** before */
  until: pointInTime.optional(),
});
export type AuditFilter = z.infer<typeof auditFilter>;
export const auditQuery = pageQuery.extend(auditFilter.shape);
export const auditFormats = ['jsonl', 'csv'] as const;
export type AuditFormat = (typeof auditFormats)[number];
export const auditExportQuery = auditFilter.extend({
  format: z.enum(auditFormats).default('jsonl'),
  /** `id` of the last entry of the export before, to go on after it */
  after: z.string().max(200).optional(),
});
