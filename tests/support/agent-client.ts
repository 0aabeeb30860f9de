import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { WebSocket } from 'ws';
import {
  type AgentMessage,
  type AgentMessageOf,
  type EnrolResponse,
  enrolResponse,
  proofText,
  protocolVersion,
  type ServerMessage,
  type ServerMessageOf,
  serverMessage,
} from '../../shared/protocol.ts';

/** The far side of the server in tests: a small agent without a disk that speaks the real protocol over a real socket. */
export type AgentKeys = {
  /** SPKI DER, base64 */
  readonly publicKey: string;
  sign(text: string): string;
};

export function createAgentKeys(): AgentKeys {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return {
    publicKey: publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
    sign: (text) => sign(null, Buffer.from(text), privateKey).toString('base64'),
  };
}

export type Enrolment = {
  /** `http://127.0.0.1:port` */
  readonly url: string;
  readonly joinToken: string;
  readonly name: string;
  readonly keys: AgentKeys;
  readonly tags?: readonly string[];
  readonly nonce?: string;
};

export const postEnrolment = ({ url, joinToken, name, keys, tags, nonce }: Enrolment): Promise<Response> =>
  fetch(`${url}/agent/v1/enrol`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ joinToken, name, publicKey: keys.publicKey, nonce: nonce ?? freshNonce(), tags: tags ?? [] }),
  });

/** @throws with the problem's text if the server refuses */
export async function enrolAgent(enrolment: Enrolment): Promise<EnrolResponse> {
  const response = await postEnrolment(enrolment);
  if (response.status !== 201) throw new Error(`enrolment answered ${response.status}: ${await response.text()}`);
  return enrolResponse.parse(await response.json());
}

export type Closing = { readonly code: number; readonly reason: string };

export type AgentClient = {
  /** every message so far, in order */
  readonly received: readonly ServerMessage[];
  /** how many messages each frame held */
  readonly frames: readonly number[];
  /** The messages leave as one frame. */
  send(...messages: readonly AgentMessage[]): void;
  sendText(text: string | Buffer): void;
  /** The next message that fits, beginning after the one that the last call found; waits for it. */
  next<T extends ServerMessage['type']>(type: T, fits?: (message: ServerMessageOf<T>) => boolean): Promise<ServerMessageOf<T>>;
  readonly closed: Promise<Closing>;
  /** stops reading, as a host does that hangs */
  pause(): void;
  resume(): void;
  close(): void;
  /** cuts the connection without a word */
  terminate(): void;
  /** bytes that the far side did not take yet */
  bufferedAmount(): number;
};

const patienceMs = 8_000;

/** Opens the socket and says nothing: for tests of the handshake itself. */
export async function openSocket(url: string): Promise<AgentClient> {
  const ws = new WebSocket(`${url.replace(/^http/, 'ws')}/agent/v1/connect`, { perMessageDeflate: false });
  const client = clientOf(ws);
  await new Promise<void>((resolve, reject) => {
    ws.once('open', resolve);
    ws.once('error', reject);
  });
  return client;
}

export type HelloOptions = {
  readonly agentId: string;
  readonly keys: AgentKeys;
  readonly version?: string;
  readonly slots?: number;
  readonly os?: AgentMessageOf<'hello'>['os'];
  readonly arch?: string;
  readonly journal?: AgentMessageOf<'hello'>['journal'];
  readonly lives?: readonly string[];
  readonly catalogue?: string;
  readonly host?: AgentMessageOf<'hello'>['host'];
};

export function helloOf(serverNonce: string, options: HelloOptions): AgentMessageOf<'hello'> {
  const nonce = freshNonce();
  return {
    type: 'hello',
    protocol: protocolVersion,
    agentId: options.agentId,
    agentVersion: options.version ?? '1.0.0',
    nonce,
    signature: options.keys.sign(proofText('agent', serverNonce, nonce, options.agentId)),
    os: options.os ?? 'linux',
    arch: options.arch ?? 'x64',
    slots: options.slots ?? 4,
    journal: [...(options.journal ?? [])],
    ...(options.lives === undefined ? {} : { lives: [...options.lives] }),
    ...(options.catalogue === undefined ? {} : { catalogue: options.catalogue }),
    ...(options.host === undefined ? {} : { host: options.host }),
  };
}

/** Connects up to the welcome. @throws if the server refuses or closes */
export async function connectAgent(
  url: string,
  options: HelloOptions,
): Promise<AgentClient & { readonly welcome: ServerMessageOf<'welcome'> }> {
  const client = await openSocket(url);
  const { nonce } = await client.next('challenge');
  client.send(helloOf(nonce, options));
  return { ...client, welcome: await client.next('welcome') };
}

export const freshNonce = (): string => randomBytes(32).toString('base64');

function clientOf(ws: WebSocket): AgentClient {
  const received: ServerMessage[] = [];
  const frames: number[] = [];
  const listeners = new Set<() => void>();
  let ended: Closing | undefined;
  let position = 0;

  const closed = new Promise<Closing>((resolve) => {
    ws.on('close', (code, reason) => {
      ended = { code, reason: reason.toString() };
      resolve(ended);
      for (const listener of [...listeners]) listener();
    });
  });
  ws.on('error', () => {}); // told by `close`
  ws.on('message', (data) => {
    const content: unknown = JSON.parse(data.toString());
    const messages = Array.isArray(content) ? content : [content];
    frames.push(messages.length);
    for (const message of messages) received.push(serverMessage.parse(message));
    for (const listener of [...listeners]) listener();
  });

  function find<T extends ServerMessage['type']>(
    type: T,
    fits: (message: ServerMessageOf<T>) => boolean,
  ): ServerMessageOf<T> | undefined {
    for (let index = position; index < received.length; index += 1) {
      const message = received[index] as ServerMessage;
      if (message.type !== type || !fits(message as ServerMessageOf<T>)) continue;
      position = index + 1;
      return message as ServerMessageOf<T>;
    }
    return undefined;
  }

  return {
    received,
    frames,
    closed,
    send: (...messages) => ws.send(JSON.stringify(messages.length === 1 ? messages[0] : messages)),
    sendText: (text) => ws.send(text),
    next: (type, fits = () => true) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const message = find(type, fits);
          if (message === undefined && ended === undefined) return;
          listeners.delete(look);
          clearTimeout(impatience);
          if (message !== undefined) resolve(message);
          else reject(new Error(`closed with ${ended?.code} (${ended?.reason}) while waiting for ${type}`));
        };
        const impatience = setTimeout(() => {
          listeners.delete(look);
          reject(new Error(`no ${type} came; received: ${received.map((message) => message.type).join(', ') || 'nothing'}`));
        }, patienceMs);
        listeners.add(look);
        look();
      }),
    pause: () => ws.pause(),
    resume: () => ws.resume(),
    close: () => ws.close(1000),
    terminate: () => ws.terminate(),
    bufferedAmount: () => ws.bufferedAmount,
  };
}
