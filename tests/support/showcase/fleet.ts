import { createHash } from 'node:crypto';
import { WebSocket } from 'ws';
import type { AgentMessage, Offer, ServerMessage, ServerMessageOf } from '../../../shared/protocol.ts';
import { type AgentKeys, createAgentKeys, enrolAgent, helloOf } from '../agent-client.ts';
import type { ApiClient } from '../api-client.ts';
import { outputSha256 } from '../output-sha256.ts';
import { answerOf } from './answers.ts';
import { courseOf, executableIn, firstExecutable, type ShownExecutable, toldExecutable } from './host-executable.ts';
import type { ShownHost } from './hosts.ts';

/** Hosts that speak the protocol over sockets of their own, all in this process; what they print is made up (`answers.ts`). */
export type Fleet = {
  /** ids by name */
  readonly ids: ReadonlyMap<string, string>;
  /** Connects the hosts that are not away. */
  connect(url: string): Promise<void>;
  close(): void;
};

/** Many at once would wait longer for their answer than a connection may take. */
const atOnce = 40;
const heartbeatMs = 5_000;
const downloadMs = 300;

/** Joins the hosts; they connect later. */
export async function joinFleet(url: string, api: ApiClient, hosts: readonly ShownHost[]): Promise<Fleet> {
  const keys = createAgentKeys();
  const { token } = await api.post<{ token: string }>('/api/v1/join-tokens', { maxUses: hosts.length });
  const ids = new Map<string, string>();
  await inTurns(hosts, async ({ name, tags }) => {
    const { agentId } = await enrolAgent({ url, joinToken: token, name, keys, tags });
    ids.set(name, agentId);
  });

  const sockets = new Map<string, WebSocket>();
  const timers = new Set<NodeJS.Timeout>();
  return {
    ids,
    async connect(at) {
      const present = hosts.filter(({ presence }) => presence === 'connected');
      await inTurns(present, async (host) => {
        const agentId = ids.get(host.name) as string;
        const offers = new Map<string, Offer>();
        const logged = new Map<string, number>();
        await connectHost(at, { host, agentId, keys, timers, sockets, offers, logged }, firstExecutable);
      });
    },
    close() {
      for (const timer of timers) clearTimeout(timer);
      for (const socket of sockets.values()) socket.terminate();
    },
  };
}

async function inTurns<T>(things: readonly T[], act: (thing: T) => Promise<void>): Promise<void> {
  for (let from = 0; from < things.length; from += atOnce) await Promise.all(things.slice(from, from + atOnce).map(act));
}

type HostConnection = {
  readonly host: ShownHost;
  readonly agentId: string;
  readonly keys: AgentKeys;
  readonly timers: Set<NodeJS.Timeout>;
  /** the present one of each host */
  readonly sockets: Map<string, WebSocket>;
  readonly offers: Map<string, Offer>;
  /** bytes of output sent before the end, by execution */
  readonly logged: Map<string, number>;
};

function connectHost(url: string, connection: HostConnection, executable: ShownExecutable): Promise<void> {
  const { host, agentId, keys, timers, sockets, offers, logged } = connection;
  const ws = new WebSocket(`${url.replace(/^http/, 'ws')}/agent/v1/connect`, { perMessageDeflate: false });
  sockets.set(host.name, ws);
  const send = (...messages: AgentMessage[]): void => {
    if (ws.readyState === WebSocket.OPEN) ws.send(JSON.stringify(messages));
  };

  return new Promise((resolve, reject) => {
    ws.once('error', reject);
    ws.once('close', () => reject(new Error(`The server closed the connection of ${host.name}.`)));
    ws.on('message', (data) => {
      const content = JSON.parse(data.toString()) as ServerMessage | ServerMessage[];
      for (const message of Array.isArray(content) ? content : [content]) take(message);
    });

    function take(message: ServerMessage): void {
      if (message.type === 'challenge')
        send(helloOf(message.nonce, { agentId, keys, slots: 10, version: executable.version, os: host.os }));
      else if (message.type === 'welcome') {
        send(
          { type: 'facts', facts: host.facts, runtimes: { ...host.runtimes } },
          { type: 'plugins_held', held: heldOf(message.plugins?.text ?? '{"plugins":[]}', host) },
          { type: 'heartbeat', metrics: host.metricsAt(Date.now()) },
          ...(executable.from === undefined
            ? []
            : [{ type: 'update_status', update: executable.from, state: 'healthy', message: '' } as const]),
          toldExecutable(executable),
        );
        timers.add(setInterval(() => send({ type: 'heartbeat', metrics: host.metricsAt(Date.now()) }), heartbeatMs));
        resolve();
      } else if (message.type === 'update') follow(message);
      else if (message.type === 'plugins') send({ type: 'plugins_held', held: heldOf(message.plugins.text, host) });
      else if (message.type === 'offer') {
        offers.set(message.execution, message);
        send({ type: 'accept', execution: message.execution, attempt: message.attempt });
      } else if (message.type === 'start') {
        const offer = offers.get(message.execution);
        if (offer !== undefined) work(offer);
      } else if (message.type === 'stop') {
        const offer = offers.get(message.execution);
        if (offer !== undefined) end(offer, { output: '', exitCode: null, outcome: 'cancelled', durationMs: 2000 });
      }
    }

    function follow(order: ServerMessageOf<'update'>): void {
      const tell = (status: ReturnType<typeof courseOf>): void =>
        send({ type: 'update_status', update: order.update, ...status });
      tell({ state: 'downloading', message: '12 of 34 MiB' });
      const next = setTimeout(() => {
        const course = courseOf(host, offers.size);
        tell(course);
        if (course.state !== 'switching') return;
        ws.close();
        connectHost(url, connection, executableIn(order, host)).catch(() => undefined);
      }, downloadMs);
      timers.add(next);
    }

    function work(offer: Offer): void {
      const answer = answerOf(host.name, commandOf(offer.args));
      if (answer.kind === 'ends') {
        const { output, exitCode, afterMs } = answer;
        timers.add(
          setTimeout(
            () => end(offer, { output, exitCode, outcome: exitCode === 0 ? 'succeeded' : 'failed', durationMs: afterMs }),
            afterMs,
          ),
        );
        return;
      }
      const which = { execution: offer.execution, attempt: offer.attempt };
      logged.set(offer.execution, Buffer.byteLength(answer.output));
      send(
        { type: 'log', ...which, offset: offer.logFrom, stream: 'out', at: Date.now(), text: answer.output },
        { type: 'progress', ...which, fraction: answer.fraction, text: answer.text },
      );
    }

    type End = {
      readonly output: string;
      readonly exitCode: number | null;
      readonly outcome: 'succeeded' | 'failed' | 'cancelled';
      readonly durationMs: number;
    };

    function end({ execution, attempt, logFrom }: Offer, { output, exitCode, outcome, durationMs }: End): void {
      if (!offers.delete(execution)) return;
      const which = { execution, attempt };
      if (output !== '') send({ type: 'log', ...which, offset: logFrom, stream: 'out', at: Date.now(), text: output });
      send({
        type: 'result',
        ...which,
        outcome,
        reason: outcome === 'succeeded' ? 'finished' : outcome === 'failed' ? 'exit_code' : 'cancel_requested',
        message: exitCode === null ? '' : `The program ended with exit code ${exitCode}.`,
        exitCode,
        data: null,
        durationMs,
        cutBytes: 0,
        logSize: logFrom + (logged.get(execution) ?? 0) + Buffer.byteLength(output),
        ...(logged.has(execution) ? {} : { outputSha256: outputSha256(output) }),
      });
    }
  });
}

/** Every seventh host lags behind with one plugin. */
function heldOf(catalogue: string, { name }: ShownHost): { name: string; sha256: string }[] {
  const { plugins } = JSON.parse(catalogue) as { plugins: { name: string; sha256: string }[] };
  const lags = createHash('sha256').update(name).digest()[0] as number;
  return plugins
    .filter((plugin) => lags % 7 !== 0 || plugin.name !== 'deploy')
    .map((plugin) => ({ name: plugin.name, sha256: plugin.sha256 }));
}

function commandOf(args: unknown): string {
  if (typeof args === 'object' && args !== null && 'command' in args) return String(args.command);
  return '';
}
