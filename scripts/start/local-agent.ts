import { hostname } from 'node:os';
import { join } from 'node:path';
import { defaultAgentName } from '../../agent/identity/default-name.ts';
import { readIdentity } from '../../agent/identity/identity-file.ts';
import type { Client } from '../../cli/client.ts';
import { readList } from '../../cli/pages.ts';
import { joinTokenCreated } from '../../shared/api/access.ts';
import { type Agent, agent, agentDetail } from '../../shared/api/agents.ts';
import { MusterError } from '../../shared/errors.ts';

/** How the agent of this host gets in: it is known already, or it spends a join token that is made for it. */
export type Admission =
  | { readonly kind: 'known' }
  | { readonly kind: 'joins'; readonly joinToken: string; readonly name: string; readonly renamedFrom: string | undefined }
  /** nothing that a start may undo by itself */
  | { readonly kind: 'refused'; readonly why: string };

const joinSeconds = 600;
const mostNames = 1000;

/** @param wantedName one that was asked for; else that of the host, with a number if another agent has it */
export async function admitLocalAgent(client: Client, dir: string, wantedName: string | undefined): Promise<Admission> {
  const identity = readIdentity(join(dir, 'agent.json'));
  if (identity !== undefined) {
    const known = await findById(client, identity.agentId);
    if (known?.status === 'Revoked')
      return {
        kind: 'refused',
        why: `The agent of this host ("${known.name}") was revoked. To let it join anew, remove ${dir}.`,
      };
    if (known !== undefined) return { kind: 'known' };
    return {
      kind: 'refused',
      why: `The folder ${dir} belongs to the agent of another server. Move it away to let this host join here.`,
    };
  }
  const usual = wantedName ?? defaultAgentName(hostname());
  const name = wantedName ?? (await freeName(client, usual));
  const created = await client.post('/api/v1/join-tokens', joinTokenCreated, {
    maxUses: 1,
    expiresInSeconds: joinSeconds,
    agentName: name,
  });
  return { kind: 'joins', joinToken: created.token, name, renamedFrom: name === usual ? undefined : usual };
}

async function findById(client: Client, id: string): Promise<Agent | undefined> {
  try {
    return await client.get(`/api/v1/agents/${id}`, agentDetail);
  } catch (error) {
    if (error instanceof MusterError && error.code === 'not_found') return undefined;
    throw error;
  }
}

async function freeName(client: Client, name: string): Promise<string> {
  const { items } = await readList(client, '/api/v1/agents', agent, { limit: 100_000 });
  const taken = new Set(items.map((one) => one.name));
  for (let number = 1; number < mostNames; number += 1) {
    const candidate = number === 1 ? name : `${name}-${number}`;
    if (!taken.has(candidate)) return candidate;
  }
  return name;
}

/** The agent as the server sees it, once it takes work; undefined until then. */
export async function onlineAgent(client: Client, dir: string): Promise<Agent | undefined> {
  const identity = readIdentity(join(dir, 'agent.json'));
  if (identity === undefined) return undefined;
  const found = await findById(client, identity.agentId);
  return found?.connected === true && found.status === 'Online' ? found : undefined;
}
