import { createHash } from 'node:crypto';
import type { RandomBytes } from '../../../shared/ids.ts';
import type { SignedCatalogue } from '../../../shared/plugin-bundle.ts';
import { type AgentMessageOf, closeCodes, type JournalEntry, proofText, type Verdict } from '../../../shared/protocol.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Admit, Refusal, Welcome } from '../../platform/gateway/admission.ts';
import type { Database } from '../../schema/schema.ts';
import type { ServerIdentity } from '../auth/server-identity.ts';
import { proves } from './agent-proof.ts';
import { updateAgent } from './agents.store.ts';
import type { AgentRecord } from './agents.ts';
import type { Connections } from './connections.ts';
import type { Duplicates } from './duplicates.ts';
import type { Fleet } from './fleet.ts';
import type { Lives } from './lives.ts';

export type AdmissionResources = {
  readonly db: Database;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  readonly identity: Pick<ServerIdentity, 'sign'>;
  readonly fleet: Fleet;
  readonly connections: Connections;
  /**
   * Compares the agent's journal with the ledger and answers a verdict for each entry. What a foreign journal lacks proves nothing; that it is
   * foreign may show only now.
   */
  readonly reconcile: (
    agentId: string,
    agentName: string,
    journal: readonly JournalEntry[],
    continuesJournal: boolean,
  ) => Promise<{ readonly verdicts: Verdict[]; readonly continues: boolean }>;
  readonly lives: Lives;
  readonly duplicates: Pick<Duplicates, 'letIn' | 'turnedAway'>;
  readonly signedCatalogue: () => SignedCatalogue;
};

type Hello = AgentMessageOf<'hello'>;

/**
 * Who may connect: an agent that is enrolled here, holds its private key at this very moment, and was not revoked. That it was revoked is
 * told only to the one who proves to be it.
 */
export function createAdmission(resources: AdmissionResources): Admit {
  const { fleet, duplicates } = resources;
  return async (hello, serverNonce, address) => {
    const agent = fleet.get(hello.agentId);
    if (agent === undefined) {
      return refusal(
        'agent_unknown',
        'This agent is not enrolled here: it was removed, or this is another server. Join it with a new join token.',
      );
    }
    if (!proves(agent, hello, serverNonce)) {
      return refusal(
        'signature_invalid',
        'The proof does not fit the key with which this agent joined. Join it with a new join token.',
      );
    }
    if (agent.revoked) return revoked(agent.name);
    return {
      kind: 'admitted',
      agentId: agent.id,
      agentName: agent.name,
      prepare: () => prepare(hello, serverNonce, address, resources),
      onDuplicate: () => duplicates.turnedAway(agent, hello, address),
    };
  };
}

async function prepare(
  hello: Hello,
  serverNonce: string,
  address: string,
  resources: AdmissionResources,
): Promise<Refusal | Welcome> {
  const { randomBytes, identity, fleet, connections, duplicates, signedCatalogue } = resources;
  await saveHello(hello, resources);
  const known = fleet.get(hello.agentId);
  const verdicts = known === undefined || known.revoked ? [] : await reconciled(hello, known, resources);
  const agent = fleet.get(hello.agentId);
  if (agent === undefined)
    return refusal('agent_unknown', 'This agent was removed at this moment. Join it with a new join token.');
  if (agent.revoked) return revoked(agent.name);
  const downloadToken = Buffer.from(randomBytes(32)).toString('base64url');
  connections.prepare(agent.id, downloadToken);
  duplicates.letIn(agent, hello, address);
  return {
    kind: 'welcome',
    name: agent.name,
    signature: identity.sign(proofText('server', serverNonce, hello.nonce, agent.id)),
    downloadToken,
    ...catalogueFor(hello, signedCatalogue()),
    verdicts,
  };
}

async function reconciled(hello: Hello, agent: AgentRecord, { reconcile, lives }: AdmissionResources): Promise<Verdict[]> {
  const continues = lives.continuesJournal(agent, hello.lives);
  const found = await reconcile(agent.id, agent.name, hello.journal, continues);
  await lives.remember(agent, hello.lives, found.continues);
  return found.verdicts;
}

/** A fleet that comes back after a restart of the server is as it was: no row is written then. */
async function saveHello(
  { agentId, agentVersion, os, arch, slots }: Hello,
  { db, clock, fleet }: AdmissionResources,
): Promise<void> {
  const agent = fleet.get(agentId);
  if (agent === undefined) return;
  const told = { version: agentVersion, os, arch, slots };
  const isAsBefore = agent.version === agentVersion && agent.os === os && agent.arch === arch && agent.slots === slots;
  if (isAsBefore && agent.otherProtocol === null) return;
  await db.write((writer) => updateAgent(writer, agentId, { ...told, other_protocol: null, last_seen_at: clock.now() }));
  fleet.update(agentId, { ...told, otherProtocol: null });
}

/** An agent that holds the catalogue is not sent it again: it would be most of what a whole fleet is sent when it comes back. */
const catalogueFor = (hello: Hello, signed: SignedCatalogue): Pick<Welcome, 'plugins'> =>
  hello.catalogue === digestOf(signed) ? {} : { plugins: signed };

const digests = new WeakMap<SignedCatalogue, string>();

function digestOf(signed: SignedCatalogue): string {
  const digest = digests.get(signed) ?? createHash('sha256').update(signed.text).digest('hex');
  digests.set(signed, digest);
  return digest;
}

const refusal = (code: 'agent_unknown' | 'signature_invalid', message: string): Refusal => ({
  kind: 'refused',
  code,
  message,
  closeCode: closeCodes.notAuthenticated,
});

const revoked = (name: string): Refusal => ({
  kind: 'refused',
  code: 'agent_revoked',
  message: `The agent "${name}" was revoked. Remove it on the server and join the host with a new join token.`,
  closeCode: closeCodes.revoked,
});
