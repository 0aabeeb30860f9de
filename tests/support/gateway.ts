import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import type { Admission, Refusal, Welcome } from '../../server/platform/gateway/admission.ts';
import type { AgentConnection } from '../../server/platform/gateway/connection.ts';
import { createGateway, type Gateway, type GatewayResources } from '../../server/platform/gateway/gateway.ts';
import type { FakeClock } from './clock.ts';
import { createFakeClock } from './clock.ts';

export type TestGateway = {
  readonly url: string;
  readonly gateway: Gateway;
  readonly clock: FakeClock;
  /** connections in the order in which they became ready */
  readonly ready: readonly AgentConnection[];
  /** ids of the agents whose connection closed, in order */
  readonly gone: readonly string[];
  dispose(): Promise<void>;
};

/** A gateway on a real port that lets everybody in, unless told otherwise. */
export async function startGateway(options: Partial<GatewayResources> = {}): Promise<TestGateway> {
  const clock = createFakeClock();
  const ready: AgentConnection[] = [];
  const gone: string[] = [];
  const gateway = createGateway({
    clock,
    log: pino({ level: 'silent' }),
    randomBytes,
    admit: async ({ agentId }) => admission(agentId),
    handlers: {},
    onReady: (connection) => ready.push(connection),
    onClosed: ({ agentId }) => gone.push(agentId),
    ...options,
  });
  const server = createServer();
  server.on('upgrade', gateway.upgrade);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    gateway,
    clock,
    ready,
    gone,
    async dispose() {
      const stopped = gateway.stop();
      await clock.advance(60_000);
      await stopped;
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export const admission = (
  agentId: string,
  prepare: Admission['prepare'] = async () => welcomeTo(agentId),
  onDuplicate: Admission['onDuplicate'] = () => undefined,
): Admission => ({
  kind: 'admitted',
  agentId,
  agentName: agentId,
  prepare,
  onDuplicate,
});

export const welcomeTo = (name: string): Welcome => ({
  kind: 'welcome',
  name,
  signature: '',
  downloadToken: 'token',
  plugins: { text: '{}', signature: '' },
  verdicts: [],
});

export const refusal = (code: string, closeCode: number): Refusal => ({
  kind: 'refused',
  code,
  message: `It is refused: ${code}.`,
  closeCode,
});
