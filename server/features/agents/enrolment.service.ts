import { createPublicKey } from 'node:crypto';
import { MusterError } from '../../../shared/errors.ts';
import type { IdGenerator } from '../../../shared/ids.ts';
import { type EnrolRequest, type EnrolResponse, enrolmentText } from '../../../shared/protocol.ts';
import type { Clock } from '../../platform/clock.ts';
import { isUniqueViolation } from '../../platform/db/unique-violation.ts';
import type { Database, Writer } from '../../schema/schema.ts';
import type { AgentsTable } from '../../schema/tables/agents.tables.ts';
import type { AuditService } from '../audit/audit.service.ts';
import type { JoinTokensService, SpentJoinToken } from '../auth/join-tokens.service.ts';
import type { ServerIdentity } from '../auth/server-identity.ts';
import { findAgent, findAgentByName, insertAgent } from './agents.store.ts';
import { agentOfRow } from './agents.ts';
import type { Fleet } from './fleet.ts';

export type EnrolmentResources = {
  readonly db: Database;
  readonly clock: Clock;
  readonly newId: IdGenerator;
  readonly audit: Pick<AuditService, 'recordIn'>;
  readonly joinTokens: Pick<JoinTokensService, 'spendIn'>;
  readonly identity: ServerIdentity;
  readonly fleet: Fleet;
};

/** @throws MusterError join_token_invalid, name_taken, field_invalid */
export type Enrol = (request: EnrolRequest, address: string | null) => Promise<EnrolResponse>;

/**
 * Makes an agent of whoever brings a join token and a public key. The spent token, the row and its audit entry are one unit of work.
 *
 * The answer may be lost on its way. A host that asks again with the key that it made gets the agent that it made, even if its token is
 * used up by now: only the holder of the private half can do anything with the answer.
 */
export function createEnrolment(resources: EnrolmentResources): Enrol {
  const { db, identity, fleet } = resources;
  return async (request, address) => {
    checkPublicKey(request.publicKey);
    const { row, created } = await db.write((writer) => enrolIn(writer, request, address, resources));
    if (created) fleet.add(agentOfRow(row));
    return {
      agentId: row.id,
      name: row.name,
      serverPublicKey: identity.publicKey,
      signature: identity.sign(enrolmentText(request.nonce, row.id, request.publicKey)),
    };
  };
}

type Enrolled = { readonly row: AgentsTable; readonly created: boolean };

async function enrolIn(
  writer: Writer,
  request: EnrolRequest,
  address: string | null,
  resources: EnrolmentResources,
): Promise<Enrolled> {
  const own = await findAgentByName(writer, request.name);
  if (isSameHost(own, request)) return { row: own, created: false };
  const token = await spendOrFindOwn(writer, request, resources);
  if ('row' in token) return token;
  const name = token.agentName ?? request.name;
  const holder = await findAgentByName(writer, name);
  if (isSameHost(holder, request)) return { row: holder, created: false };
  if (holder !== undefined) throw nameTaken(holder);
  // a token that fixes the tags decides what work the host may get: it cannot add to them by itself
  const tags = [...new Set(token.tags.length > 0 ? token.tags : request.tags)];
  const row = newAgent(resources, name, request, tags);
  await insertUnlessTaken(writer, row);
  await resources.audit.recordIn(writer, {
    actor: `join-token:${token.id}`,
    action: 'agent.enrolled',
    subject: row.id,
    detail: { name, tags },
    address,
  });
  return { row, created: true };
}

/** Another server may have taken the name since the look before. */
async function insertUnlessTaken(writer: Writer, row: AgentsTable): Promise<void> {
  try {
    await insertAgent(writer, row);
  } catch (error) {
    throw isUniqueViolation(error) ? nameTaken(row) : error;
  }
}

/** A token that fixes the name hides under which name a host that asks again is known. */
async function spendOrFindOwn(
  writer: Writer,
  request: EnrolRequest,
  resources: EnrolmentResources,
): Promise<SpentJoinToken | Enrolled> {
  try {
    return await resources.joinTokens.spendIn(writer, request.joinToken);
  } catch (error) {
    if (!(error instanceof MusterError) || error.code !== 'join_token_invalid') throw error;
    const known = resources.fleet.all().find((agent) => agent.publicKey === request.publicKey);
    const own = known === undefined ? undefined : await findAgent(writer, known.id);
    if (!isSameHost(own, request)) throw error;
    return { row: own, created: false };
  }
}

const isSameHost = (row: AgentsTable | undefined, request: EnrolRequest): row is AgentsTable =>
  row !== undefined && row.revoked_at === null && row.public_key === request.publicKey;

const newAgent = (resources: EnrolmentResources, name: string, request: EnrolRequest, tags: readonly string[]): AgentsTable => ({
  id: resources.newId('agent'),
  name,
  public_key: request.publicKey,
  tags: JSON.stringify(tags),
  // known when it connects
  os: '',
  arch: '',
  version: '',
  slots: 1,
  facts: '{}',
  runtimes: '{}',
  metrics: null,
  enrolled_at: resources.clock.now(),
  last_seen_at: null,
  revoked_at: null,
  life_id: null,
  executable: null,
  other_protocol: null,
  duplicate: null,
});

function nameTaken(holder: AgentsTable): MusterError {
  const who = holder.revoked_at === null ? 'another agent' : 'a revoked agent';
  return new MusterError(
    'name_taken',
    `The name "${holder.name}" is held by ${who}. Give this host another name (--name or MUSTER_AGENT_NAME), or remove that agent ` +
      'if this is the same host with a new key.',
    { field: 'name' },
  );
}

function checkPublicKey(text: string): void {
  const wrong = (cause?: unknown): MusterError =>
    new MusterError('field_invalid', 'publicKey: Expected an Ed25519 public key as SPKI DER in base64.', {
      field: 'publicKey',
      cause,
    });
  let type: string | undefined;
  try {
    type = createPublicKey({ key: Buffer.from(text, 'base64'), format: 'der', type: 'spki' }).asymmetricKeyType;
  } catch (error) {
    throw wrong(error);
  }
  if (type !== 'ed25519') throw wrong();
}
