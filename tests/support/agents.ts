import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { createAgentsRoutes } from '../../server/features/agents/agents.routes.ts';
import { type AgentsResources, type AgentsService, createAgents } from '../../server/features/agents/agents.service.ts';
import { createEnrolmentRoutes } from '../../server/features/agents/enrolment.routes.ts';
import type { ServerIdentity } from '../../server/features/auth/server-identity.ts';
import { createEventBus, type EventBus } from '../../server/platform/events/bus.ts';
import type { MessageHandlers } from '../../server/platform/gateway/connection.ts';
import { agentSocketPath, createGateway, type Gateway } from '../../server/platform/gateway/gateway.ts';
import { createRateLimiter } from '../../server/platform/http/rate-limiter.ts';
import type { AnyRoute } from '../../server/platform/http/route.ts';
import type { Database } from '../../server/schema/schema.ts';
import type { EventName } from '../../shared/events.ts';
import { idGenerator } from '../../shared/ids.ts';
import { type AgentKeys, connectAgent, createAgentKeys, enrolAgent, type HelloOptions } from './agent-client.ts';
import { createTestAuth, someAdmin, type TestAuth, testFingerprint } from './auth.ts';
import { createFakeClock, type FakeClock } from './clock.ts';
import { openTestDatabase, type TestDatabase } from './database.ts';
import { startTestHttp, type TestHttp } from './http.ts';

export type JoinedAgent = { readonly id: string; readonly name: string; readonly keys: AgentKeys };
export type ConnectedAgent = Awaited<ReturnType<typeof connectAgent>>;

export type TestAgents = TestAuth & {
  readonly db: Database;
  readonly database: TestDatabase;
  readonly agents: AgentsService;
  readonly gateway: Gateway;
  readonly identity: ServerIdentity;
  readonly events: EventBus;
  /** every event so far: its name, then its values */
  readonly emitted: unknown[][];
  readonly url: string;
  readonly call: TestHttp['call'];
  /** what the ledger was told, in order */
  readonly told: string[];
  joinToken(options?: { maxUses?: number; agentName?: string; tags?: string[] }): Promise<string>;
  join(name: string, options?: { tags?: string[] }): Promise<JoinedAgent>;
  connect(agent: JoinedAgent, options?: Partial<HelloOptions>): Promise<ConnectedAgent>;
  dispose(): Promise<void>;
};

export type TestAgentsOptions = Partial<
  Pick<AgentsResources, 'reconcile' | 'busyOf' | 'pluginsHeldBy' | 'signedCatalogue' | 'onReady' | 'orderFor'>
> & {
  readonly handlers?: MessageHandlers;
  /** built with the agents, such as the download of plugins */
  readonly routes?: (agents: AgentsService, services: Omit<AgentsResources, 'reconcile'>) => readonly AnyRoute[];
  readonly database?: TestDatabase;
  readonly identity?: ServerIdentity;
  readonly clock?: FakeClock;
};

/** Agents as the server has them: real database, real sockets, real HTTP; only the ledger behind them is made up. */
export async function startAgents(options: TestAgentsOptions = {}): Promise<TestAgents> {
  const database = options.database ?? (await openTestDatabase());
  const { db } = database;
  const test = createTestAuth(database, {}, options.clock ?? createFakeClock());
  const { clock, log, audit, auth } = test;
  const identity = options.identity ?? createTestIdentity();
  const emitted: unknown[][] = [];
  const told: string[] = [];
  const events = recordingBus(emitted);
  const services: AgentsResources = {
    db,
    clock,
    log,
    events,
    audit,
    identity,
    randomBytes,
    newId: idGenerator(clock.now, randomBytes),
    joinTokens: auth.joinTokens,
    busyOf: options.busyOf ?? (() => 0),
    pluginsHeldBy: options.pluginsHeldBy ?? (async () => []),
    signedCatalogue: options.signedCatalogue ?? (() => ({ text: '{}', signature: '' })),
    orderFor: options.orderFor ?? (async () => undefined),
    reconcile: options.reconcile ?? (async (_id, _name, _journal, continues) => ({ verdicts: [], continues })),
    onReady: (connection) => {
      told.push(`ready ${connection.agentName}`);
      return options.onReady?.(connection);
    },
    onGone: (agentId) => void told.push(`gone ${agents.get(agentId)?.name}`),
    onRemoved: async (agentId) => void told.push(`removed ${agentId}`),
  };
  const agents = createAgents(services);
  await agents.start();
  const gateway = createGateway({
    clock,
    log,
    randomBytes,
    admit: agents.admit,
    orderForOther: agents.orderForOther,
    handlers: { ...agents.messages.handlers, ...options.handlers },
    onReady: agents.messages.onReady,
    onClosed: agents.messages.onClosed,
  });
  const failures = createRateLimiter({ clock, burst: 10, secondsPerTry: 10 });
  const http = await startTestHttp({
    clock,
    routes: [
      ...createAgentsRoutes(agents),
      ...createEnrolmentRoutes({ ...agents, failures }),
      ...(options.routes?.(agents, services) ?? []),
    ],
  });
  http.server.onUpgrade(agentSocketPath, gateway.upgrade);

  const joinToken: TestAgents['joinToken'] = async ({ maxUses = 1, agentName, tags = [] } = {}) =>
    (
      await auth.joinTokens.create(
        { expiresInSeconds: 3600, maxUses, tags, ...(agentName === undefined ? {} : { agentName }) },
        someAdmin,
      )
    ).token;

  return {
    ...test,
    db,
    database,
    agents,
    gateway,
    identity,
    events,
    emitted,
    told,
    url: http.url,
    call: http.call,
    joinToken,
    async join(name, { tags } = {}) {
      const keys = createAgentKeys();
      const enrolled = await enrolAgent({
        url: http.url,
        joinToken: await joinToken(),
        name,
        keys,
        ...(tags === undefined ? {} : { tags }),
      });
      return { id: enrolled.agentId, name: enrolled.name, keys };
    },
    connect: ({ id, keys }, hello = {}) => connectAgent(http.url, { agentId: id, keys, ...hello }),
    async dispose() {
      const stopped = gateway.stop();
      await clock.advance(60_000);
      await stopped;
      await agents.stop();
      await http.stop();
      if (options.database === undefined) await database.dispose();
    },
  };
}

export function createTestIdentity(): ServerIdentity {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return {
    publicKey: publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
    fingerprint: testFingerprint,
    sign: (text) => sign(null, Buffer.from(text), privateKey).toString('base64'),
  };
}

function recordingBus(emitted: unknown[][]): EventBus {
  const bus = createEventBus((error) => {
    throw error;
  });
  return {
    on: bus.on,
    emit(name: EventName, event: never) {
      emitted.push([name, ...Object.values(event)]);
      bus.emit(name, event);
    },
  };
}
