import { WebSocket } from 'ws';
import type { AgentMessage, ServerMessage } from '../../shared/protocol.ts';
import { type AgentKeys, createAgentKeys, enrolAgent, helloOf } from '../../tests/support/agent-client.ts';
import type { ApiClient } from '../../tests/support/api-client.ts';
import { heartbeat } from '../../tests/support/heartbeat.ts';

/** Hosts that speak the protocol over sockets of their own, in this process. They take what they are offered and end it when told. */
export type SimulatedHosts = {
  /** how many have started what they were offered */
  running(): number;
  /** Ends the work of so many, the oldest first, every fiftieth as failed. @returns how many there were */
  finish(count: number): number;
  close(): void;
};

type Attempt = { readonly execution: string; readonly attempt: number };
type Running = { readonly send: (message: AgentMessage) => void; readonly which: Attempt };

/** Many at once would wait longer for their answer than a connection may take. */
const joiningAtOnce = 50;
const failsEvery = 50;

export async function connectHosts(url: string, api: ApiClient, count: number): Promise<SimulatedHosts> {
  const keys = createAgentKeys();
  const { token } = await api.post<{ token: string }>('/api/v1/join-tokens', { maxUses: count });
  const running: Running[] = [];
  const sockets: WebSocket[] = [];
  let finished = 0;

  async function join(index: number): Promise<void> {
    const name = `web${String(index + 1).padStart(5, '0')}`;
    const { agentId } = await enrolAgent({ url, joinToken: token, name, keys });
    sockets.push(await connect(url, agentId, keys, (started) => running.push(started)));
  }

  for (let from = 0; from < count; from += joiningAtOnce)
    await Promise.all(Array.from({ length: Math.min(joiningAtOnce, count - from) }, (_, offset) => join(from + offset)));

  return {
    running: () => running.length,
    finish(most) {
      const ending = running.splice(0, most);
      for (const { send, which } of ending) {
        finished += 1;
        send(resultOf(which, finished % failsEvery !== 0));
      }
      return ending.length;
    },
    close() {
      for (const socket of sockets) socket.terminate();
    },
  };
}

function connect(url: string, agentId: string, keys: AgentKeys, onStart: (started: Running) => void): Promise<WebSocket> {
  const ws = new WebSocket(`${url.replace(/^http/, 'ws')}/agent/v1/connect`, { perMessageDeflate: false });
  const send = (message: AgentMessage): void => ws.send(JSON.stringify(message));
  return new Promise((resolve, reject) => {
    ws.once('error', reject);
    ws.once('close', () => reject(new Error('The server closed the connection of a simulated host.')));
    ws.on('message', (data) => {
      const content = JSON.parse(data.toString()) as ServerMessage | ServerMessage[];
      for (const message of Array.isArray(content) ? content : [content]) take(message);
    });

    function take(message: ServerMessage): void {
      if (message.type === 'challenge') send(helloOf(message.nonce, { agentId, keys, slots: 1 }));
      else if (message.type === 'welcome') {
        send({ type: 'facts', facts: {}, runtimes: { bash: '5.2' } });
        send(heartbeat);
        resolve(ws);
      } else if (message.type === 'offer') send({ type: 'accept', execution: message.execution, attempt: message.attempt });
      else if (message.type === 'start') onStart({ send, which: { execution: message.execution, attempt: message.attempt } });
    }
  });
}

const resultOf = (which: Attempt, isWell: boolean): AgentMessage => ({
  type: 'result',
  ...which,
  outcome: isWell ? 'succeeded' : 'failed',
  reason: isWell ? 'finished' : 'exit_code',
  message: '',
  exitCode: isWell ? 0 : 1,
  data: null,
  durationMs: 1,
  cutBytes: 0,
  logSize: 0,
});
