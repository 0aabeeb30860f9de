import { protocolVersion } from '../../../shared/protocol.ts';
import type { AgentView } from './agents.ts';
import { type Duplicate, hostLabel } from './appearances.ts';

/** Why somebody should look at a host, although (or because) it is not simply Offline. */
export type Concern = {
  readonly kind: 'duplicate' | 'protocol' | 'silent' | 'late' | 'load' | 'memory' | 'disk';
  /** one word or two for a list */
  readonly word: string;
  /** a sentence for a person */
  readonly text: string;
};

type Looked = Pick<AgentView, 'status' | 'connected' | 'lastSeenAt' | 'metrics' | 'facts' | 'duplicate' | 'otherProtocol'>;

/** One heartbeat may be late; of a second one something holds it up. */
const lateAfterBeats = 2.5;
const loadPerCore = 2;
const nearlyFullPercent = 95;

/** One that is Offline or Revoked says so by its status; that it is there twice, or cannot come in, no status says. */
export function concernsOf(agent: Looked, now: number, heartbeatSeconds: number): Concern[] {
  const { status, duplicate, otherProtocol } = agent;
  if (status === 'Revoked') return [];
  return [
    ...(duplicate === null ? [] : [duplicated(duplicate)]),
    ...(otherProtocol === null ? [] : [kept(otherProtocol)]),
    ...concernsOfWell(agent, now, heartbeatSeconds),
  ];
}

const kept = (protocol: number): Concern => ({
  kind: 'protocol',
  word: 'Other protocol',
  text:
    `Its agent speaks protocol ${protocol}, this server protocol ${protocolVersion}, so that it cannot connect. ` +
    (protocol < protocolVersion
      ? 'The server tells it how to update by itself, if it offers an executable for this host; otherwise run the install line again there.'
      : 'Update the server, or run the install line of this server again on the host.'),
});

const duplicated = ({ hosts }: Duplicate): Concern => ({
  kind: 'duplicate',
  word: 'Duplicated',
  text:
    `${hosts.length < 3 ? 'Two' : hosts.length} hosts take turns as this agent, because its folder was copied: ${hosts.map(hostLabel).join(' and ')}. ` +
    'Work starts on one of them only, but nobody knows on which. On all but one, remove the folder of the agent and install it again with a join token.',
});

function concernsOfWell(agent: Looked, now: number, heartbeatSeconds: number): Concern[] {
  if (agent.status !== 'Online' && agent.status !== 'Idle') return [];
  return [heard(agent, now, heartbeatSeconds), ...strained(agent)].filter((concern) => concern !== undefined);
}

function heard({ connected, lastSeenAt }: Looked, now: number, heartbeatSeconds: number): Concern | undefined {
  const seconds = lastSeenAt === null ? 0 : Math.floor((now - lastSeenAt) / 1000);
  if (!connected) return { kind: 'silent', word: 'Silent', text: `It is not connected, and was last heard of ${seconds} s ago.` };
  if (seconds <= lateAfterBeats * heartbeatSeconds) return undefined;
  return {
    kind: 'late',
    word: 'Late',
    text: `Its last heartbeat came ${seconds} s ago; one is due every ${heartbeatSeconds} s.`,
  };
}

function strained({ metrics, facts }: Looked): (Concern | undefined)[] {
  if (metrics === null) return [];
  const cores = typeof facts.cpus === 'number' && facts.cpus > 0 ? facts.cpus : undefined;
  const memory = percent(metrics.memoryUsedBytes, metrics.memoryTotalBytes);
  const disk = percent(metrics.diskUsedBytes, metrics.diskTotalBytes);
  return [
    cores !== undefined && metrics.load1 > loadPerCore * cores
      ? {
          kind: 'load',
          word: 'Overloaded',
          text: `Its load is ${metrics.load1.toFixed(1)} on ${cores} ${cores === 1 ? 'core' : 'cores'}.`,
        }
      : undefined,
    memory >= nearlyFullPercent
      ? { kind: 'memory', word: 'Memory full', text: `${Math.floor(memory)} % of its memory is in use.` }
      : undefined,
    disk >= nearlyFullPercent
      ? { kind: 'disk', word: 'Disk full', text: `${Math.floor(disk)} % of the disk that holds the agent is in use.` }
      : undefined,
  ];
}

const percent = (part: number, whole: number): number => (whole > 0 ? (part / whole) * 100 : 0);
