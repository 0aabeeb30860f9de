import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign, verify } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { canonicalJson, type Json } from '../../shared/json.ts';
import {
  bundleText,
  type Catalogue,
  type PluginBundle,
  pluginBundle,
  type SignedCatalogue,
  type SignedEntry,
} from '../../shared/plugin-bundle.ts';
import {
  type AgentMessage,
  type AgentMessageOf,
  agentMessage,
  enrolmentText,
  enrolRequest,
  type Offer,
  proofText,
  protocolVersion,
  type ServerMessage,
  type ServerMessageOf,
  type Verdict,
} from '../../shared/protocol.ts';
import { waitingQueue } from './waiting-queue.ts';

/**
 * The far side of an agent: a server on a real socket that speaks the real protocol with real signatures, and does nothing by itself but
 * enrol, check the hello and serve bundles. A test says all the rest.
 */
export type FakeServer = {
  readonly url: string;
  readonly joinToken: string;
  readonly publicKey: string;
  /** answers enrolments with this instead, if set */
  enrolAnswer: ((body: unknown) => { status: number; body: unknown }) | undefined;
  /** The next connection whose hello was read and whose proof was right; it waits for its welcome. */
  nextConnection(): Promise<FakeConnection>;
  /** The same, with a plain welcome: attempts are kept and delivered from where this server holds their log. */
  welcomed(welcome?: Partial<ServerMessageOf<'welcome'>>): Promise<FakeConnection>;
  /** Puts a plugin into the catalogue; connections are not told. */
  publish(bundle: Bundle): SignedEntry;
  unpublish(entry: SignedEntry): void;
  catalogue(): SignedCatalogue;
  /** Changes what is served, for a test of tampering. */
  serve(sha256: string, text: string): void;
  /** how often each bundle was fetched */
  readonly fetches: ReadonlyMap<string, number>;
  /** The log that this server holds of an execution; fails on a gap or an overlap that does not fit. */
  logOf(execution: string): Buffer;
  sign(text: string): string;
  /** Refuses and cuts connections until it is told to listen again. */
  goAway(): Promise<void>;
  comeBack(): Promise<void>;
  close(): Promise<void>;
};

export type FakeConnection = {
  readonly hello: AgentMessageOf<'hello'>;
  welcome(welcome?: Partial<ServerMessageOf<'welcome'>>): void;
  /** as one frame */
  send(...messages: ServerMessage[]): void;
  sendText(text: string): void;
  /** The next message of a type that was not asked for yet. */
  next<T extends AgentMessage['type']>(type: T): Promise<AgentMessageOf<T>>;
  readonly received: readonly AgentMessage[];
  /** how many messages each frame held */
  readonly frames: readonly number[];
  /** its code */
  readonly closed: Promise<number>;
  close(code: number): void;
  /** Breaks the line without a close. */
  cut(): void;
  /** Does not acknowledge log any more. */
  holdAcks(): void;
};

type Bundle = {
  readonly manifest: Partial<PluginBundle['manifest']> & { name: string };
  readonly files: Readonly<Record<string, string>>;
};

export type FakeServerOptions = { readonly heartbeatSeconds?: number; readonly silenceSeconds?: number };

export async function startFakeServer({
  heartbeatSeconds = 60,
  silenceSeconds = 60,
}: FakeServerOptions = {}): Promise<FakeServer> {
  const keys = generateKeyPairSync('ed25519');
  const publicKey = keys.publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
  const signText = (text: string): string => signWith(keys.privateKey, text);
  const secret = randomBytes(32).toString('base64url');
  const fingerprint = createHash('sha256').update(Buffer.from(publicKey, 'base64')).digest('hex').slice(0, 32);
  const agents = new Map<string, string>();
  const bundles = new Map<string, string>();
  const fetches = new Map<string, number>();
  const ledger = new Map<string, Buffer>();
  const connections = waitingQueue<FakeConnection>();
  const sockets = new Set<WebSocket>();
  const downloadToken = randomBytes(16).toString('hex');
  let trusted: Catalogue = { generation: 1, plugins: [], kept: [] };
  let enrolled = 0;

  const http = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  const webSockets = new WebSocketServer({ server: http, path: '/agent/v1/connect' });
  webSockets.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    greet(socket);
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const reply = (status: number, body: unknown): void => {
      response
        .writeHead(status, { 'content-type': 'application/json' })
        .end(typeof body === 'string' ? body : JSON.stringify(body));
    };
    const body = await textOf(request);
    if (request.method === 'POST' && request.url === '/agent/v1/enrol') {
      const answer = server.enrolAnswer?.(JSON.parse(body)) ?? enrol(body);
      return reply(answer.status, answer.body);
    }
    const sha256 = /^\/agent\/v1\/plugins\/([0-9a-f]{64})$/.exec(request.url ?? '')?.[1];
    const text = sha256 === undefined ? undefined : bundles.get(sha256);
    if (sha256 === undefined || text === undefined) return reply(404, {});
    if (request.headers.authorization !== `Bearer ${downloadToken}`) return reply(401, {});
    fetches.set(sha256, (fetches.get(sha256) ?? 0) + 1);
    reply(200, text);
  }

  function enrol(body: string): { status: number; body: unknown } {
    const request = enrolRequest.parse(JSON.parse(body));
    if (request.joinToken !== server.joinToken) return { status: 403, body: { code: 'join_token_invalid', detail: 'unknown' } };
    enrolled += 1;
    const agentId = `agt_${String(enrolled).padStart(26, '0')}`;
    agents.set(agentId, request.publicKey);
    const signature = signText(enrolmentText(request.nonce, agentId, request.publicKey));
    return { status: 201, body: { agentId, name: request.name, serverPublicKey: publicKey, signature } };
  }

  function greet(socket: WebSocket): void {
    const nonce = randomBytes(24).toString('base64');
    socket.on('error', () => {});
    socket.send(
      JSON.stringify({ type: 'challenge', protocol: protocolVersion, nonce, time: Date.now() } satisfies ServerMessage),
    );
    socket.once('message', (data) => {
      const hello = agentMessage.parse(JSON.parse(String(data)));
      if (hello.type !== 'hello') throw new Error(`the first message was ${hello.type}`);
      checkProof(hello, nonce);
      connections.push(connectionOf(socket, hello, nonce));
    });
  }

  function checkProof(hello: AgentMessageOf<'hello'>, nonce: string): void {
    const key = { key: Buffer.from(agents.get(hello.agentId) ?? '', 'base64'), format: 'der', type: 'spki' } as const;
    const text = proofText('agent', nonce, hello.nonce, hello.agentId);
    if (!verify(null, Buffer.from(text), key, Buffer.from(hello.signature, 'base64')))
      throw new Error('the proof of the agent is wrong');
  }

  function connectionOf(socket: WebSocket, hello: AgentMessageOf<'hello'>, serverNonce: string): FakeConnection {
    const received: AgentMessage[] = [];
    const frames: number[] = [];
    const queues = new Map<string, ReturnType<typeof waitingQueue<AgentMessage>>>();
    const queueOf = (type: string): ReturnType<typeof waitingQueue<AgentMessage>> => {
      const queue = queues.get(type) ?? waitingQueue<AgentMessage>();
      queues.set(type, queue);
      return queue;
    };
    const closed = Promise.withResolvers<number>();
    let acknowledges = true;
    const send = (...messages: ServerMessage[]): void => {
      if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(messages.length === 1 ? messages[0] : messages));
    };
    socket.on('close', (code) => closed.resolve(code));
    socket.on('message', (data) => {
      const content: unknown = JSON.parse(String(data));
      const items = Array.isArray(content) ? content : [content];
      frames.push(items.length);
      for (const item of items) {
        const message = agentMessage.parse(item);
        received.push(message);
        if (message.type === 'log') {
          const { execution, attempt } = message;
          const offset = store(message);
          if (acknowledges) send({ type: 'log_ack', execution, attempt, offset });
        }
        queueOf(message.type).push(message);
      }
    });
    return {
      hello,
      received,
      frames,
      closed: closed.promise,
      send,
      sendText: (text) => socket.send(text),
      async next<T extends AgentMessage['type']>(type: T) {
        return (await queueOf(type).next()) as AgentMessageOf<T>;
      },
      welcome(welcome) {
        send({
          type: 'welcome',
          name: 'web-1',
          signature: signText(proofText('server', serverNonce, hello.nonce, hello.agentId)),
          downloadToken,
          heartbeatSeconds,
          silenceSeconds,
          time: Date.now(),
          plugins: signed(),
          verdicts: hello.journal.map(verdictOf),
          ...welcome,
        });
      },
      close: (code) => socket.close(code),
      cut: () => socket.terminate(),
      holdAcks() {
        acknowledges = false;
      },
    };
  }

  function store({ execution, offset, text }: AgentMessageOf<'log'>): number {
    const held = ledger.get(execution) ?? Buffer.alloc(0);
    const bytes = Buffer.from(text);
    if (offset > held.length) throw new Error(`a gap in the log of ${execution}: it ends at ${held.length}, and ${offset} came`);
    if (!held.subarray(offset, offset + bytes.length).equals(bytes.subarray(0, held.length - offset)))
      throw new Error('a repeat that differs');
    const longer = offset + bytes.length <= held.length ? held : Buffer.concat([held.subarray(0, offset), bytes]);
    ledger.set(execution, longer);
    return longer.length;
  }

  const verdictOf = ({ execution, attempt, state }: AgentMessageOf<'hello'>['journal'][number]): Verdict => ({
    execution,
    attempt,
    verdict: state === 'running' ? 'keep' : 'deliver',
    logFrom: ledger.get(execution)?.length ?? 0,
  });

  function signed(): SignedCatalogue {
    const text = canonicalJson(trusted as unknown as Json);
    return { text, signature: signText(text) };
  }

  const listen = (port: number): Promise<void> => new Promise((resolve) => http.listen(port, '127.0.0.1', resolve));
  const hangUp = (): Promise<void> =>
    new Promise((resolve) => {
      for (const socket of sockets) socket.terminate();
      http.close(() => resolve());
      http.closeAllConnections();
    });

  await listen(0);
  const { port } = http.address() as AddressInfo;
  const server: FakeServer = {
    url: `http://127.0.0.1:${port}`,
    joinToken: `mjt_${secret}.${fingerprint}`,
    publicKey,
    enrolAnswer: undefined,
    nextConnection: connections.next,
    async welcomed(welcome) {
      const connection = await connections.next();
      connection.welcome(welcome);
      return connection;
    },
    publish(bundle) {
      const text = textOfBundle(bundle);
      const sha256 = createHash('sha256').update(text).digest('hex');
      const entry: SignedEntry = { name: bundle.manifest.name, version: '1.0.0', sha256, bytes: Buffer.byteLength(text) };
      bundles.set(sha256, text);
      trusted = {
        generation: trusted.generation + 1,
        plugins: [...trusted.plugins.filter(({ name }) => name !== entry.name), entry],
        kept: trusted.kept,
      };
      return entry;
    },
    unpublish(entry) {
      trusted = {
        ...trusted,
        generation: trusted.generation + 1,
        plugins: trusted.plugins.filter(({ sha256 }) => sha256 !== entry.sha256),
      };
    },
    catalogue: signed,
    serve: (sha256, text) => void bundles.set(sha256, text),
    fetches,
    logOf: (execution) => ledger.get(execution) ?? Buffer.alloc(0),
    sign: signText,
    goAway: hangUp,
    comeBack: () => listen(port),
    async close() {
      await hangUp();
      webSockets.close();
    },
  };
  return server;
}

/** An offer of a published plugin, with what a test rarely cares for filled in. */
export const offerOf = (entry: SignedEntry, offer: Partial<Offer> = {}): Offer => ({
  type: 'offer',
  execution: 'exe_1',
  attempt: 1,
  run: 'run_1',
  plugin: entry.name,
  sha256: entry.sha256,
  action: 'main',
  args: [],
  env: {},
  timeoutSeconds: 60,
  onTimeout: 'kill',
  graceSeconds: 1,
  outputLimitBytes: 1024 * 1024,
  leaseSeconds: 10,
  logFrom: 0,
  ...offer,
});

export const noop: Bundle = {
  manifest: { name: 'noop', version: '1.0.0', runtime: 'node', entry: 'noop.js', actions: { main: {} } },
  files: { 'noop.js': 'export async function main() {}\n' },
};

export function textOfBundle({ manifest, files }: Bundle): string {
  const list = Object.entries(files).map(([path, text]) => ({
    path,
    executable: false,
    base64: Buffer.from(text).toString('base64'),
  }));
  return bundleText(pluginBundle.parse({ manifest: { ...noop.manifest, ...manifest }, files: list }));
}

const signWith = (key: KeyObject, text: string): string => sign(null, Buffer.from(text), key).toString('base64');

async function textOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
  return Buffer.concat(parts).toString('utf8');
}
