import { hostname } from 'node:os';
import type { Logger } from 'pino';
import { MusterError } from '../../shared/errors.ts';
import { parseJoinToken } from '../../shared/join-tokens.ts';
import type { AgentFolder } from '../agent-folder.ts';
import type { Clock } from '../clock.ts';
import type { AgentSettings } from '../settings.ts';
import type { AgentKey } from './agent-key.ts';
import { defaultAgentName } from './default-name.ts';
import { enrol } from './enrolment.ts';
import { type Identity, readIdentity, writeIdentity } from './identity-file.ts';
import { fingerprintOf } from './signatures.ts';

export type IdentifyResources = {
  readonly settings: AgentSettings;
  readonly folder: AgentFolder;
  readonly key: AgentKey;
  readonly clock: Clock;
  readonly random: () => number;
  readonly randomBytes: (size: number) => Buffer;
  readonly log: Logger;
  /** Told each time that the server could not be reached, with a sentence. */
  readonly onWaiting?: (why: string) => void;
  /** ends the waiting for a server that cannot be reached */
  readonly signal: AbortSignal;
};

/**
 * Who this agent is: from its folder, or by spending its join token. A server that cannot be reached is tried again, as long as it takes;
 * whatever else goes wrong needs a person and is thrown.
 */
export async function identify(resources: IdentifyResources): Promise<Identity> {
  const { settings, folder } = resources;
  const known = readIdentity(folder.identity);
  if (known === undefined) return enrolled(resources);
  checkToken(settings, known, folder);
  if (settings.server === undefined || settings.server === known.serverUrl) return known;
  const moved: Identity = { ...known, serverUrl: settings.server };
  writeIdentity(folder.identity, moved);
  return moved;
}

/** A token of another server means that somebody expects this folder to be of another agent. */
function checkToken({ joinToken }: AgentSettings, known: Identity, folder: AgentFolder): void {
  const token = joinToken === undefined ? undefined : parseJoinToken(joinToken.reveal());
  if (token === undefined || token.fingerprint === fingerprintOf(known.serverPublicKey)) return;
  throw new MusterError(
    'state_conflict',
    `The folder ${folder.root} belongs to the agent "${known.name}" of another server than the one that made this join token. Use another folder (MUSTER_AGENT_DIR), or remove this one.`,
  );
}

async function enrolled(resources: IdentifyResources): Promise<Identity> {
  const { settings, folder, key, randomBytes, log } = resources;
  const serverUrl = settings.server;
  const joinToken = settings.joinToken?.reveal();
  if (serverUrl === undefined || joinToken === undefined) {
    const missing = serverUrl === undefined ? 'the address of its server (MUSTER_SERVER)' : 'a join token (MUSTER_JOIN_TOKEN)';
    throw new MusterError(
      'field_missing',
      `This host is not enrolled yet: the agent needs ${missing}. Make a token on the server with \`muster join-token\`.`,
    );
  }
  const name = settings.name ?? defaultAgentName(hostname());
  const answer = await untilReached(resources, () =>
    enrol({ serverUrl, proxy: settings.proxy, joinToken, name, tags: settings.tags, key, randomBytes }),
  );
  const identity: Identity = { agentId: answer.agentId, name: answer.name, serverUrl, serverPublicKey: answer.serverPublicKey };
  writeIdentity(folder.identity, identity);
  log.info({ agentId: identity.agentId, name: identity.name, server: serverUrl }, 'enrolled');
  return identity;
}

async function untilReached<Answer>(resources: IdentifyResources, attempt: () => Promise<Answer>): Promise<Answer> {
  const { clock, random, log, onWaiting, signal } = resources;
  for (let bound = 1000; ; bound = Math.min(30_000, bound * 2)) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof MusterError) || error.code !== 'server_unreachable' || signal.aborted) throw error;
      log.warn({ message: error.message }, 'not_enrolled_yet');
      onWaiting?.(error.message);
      await waited(clock, bound / 2 + (random() * bound) / 2, signal);
    }
  }
}

function waited(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      cancel();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const cancel = clock.after(ms, done);
    signal.addEventListener('abort', done);
  });
}
