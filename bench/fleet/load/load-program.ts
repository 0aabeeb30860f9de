/** A process with thousands of simulated agents. It does what its parent asks over the channel between them, and ends with it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { systemClock } from '../../../agent/clock.ts';
import { createTrustedCatalogue } from '../../../agent/plugins/trusted-catalogue.ts';
import { createRandom } from '../../seed/random.ts';
import { createGeneratedSpools } from '../agents/generated-spools.ts';
import { hostSample } from '../agents/host-sample.ts';
import { createSimulatedAgent, type SimulatedAgent } from '../agents/simulated-agent.ts';
import { createSimulatedExecutor } from '../agents/simulated-executor.ts';
import type { SimulatedHost } from '../agents/simulated-host.ts';
import { createSimulatedPlugins } from '../agents/simulated-plugins.ts';
import { createTally } from '../agents/tally.ts';
import { enrolHosts } from './enrol-hosts.ts';
import type { LoadAnswers, LoadCall, LoadReply, LoadReport, LoadRequest } from './load-messages.ts';

const tally = createTally();
const log = pino({ level: 'error' }, pino.destination(2));
let agents: SimulatedAgent[] = [];
let acknowledgedAt: number[] = [];
let serverUrl = '';
let churning: NodeJS.Timeout | undefined;

const handlers: { readonly [T in LoadRequest['type']]: (request: Extract<LoadRequest, { type: T }>) => unknown } = {
  begin(request) {
    serverUrl = request.serverUrl;
    const random = createRandom(request.nth + 1);
    const catalogue = createTrustedCatalogue({
      path: join(request.folder, `catalogue-${request.nth}.json`),
      serverPublicKey: request.serverPublicKey,
      log,
    });
    const shared = {
      serverUrl,
      serverPublicKey: request.serverPublicKey,
      clock: systemClock,
      random: Math.random,
      log,
      plugins: createSimulatedPlugins(catalogue),
      executor: createSimulatedExecutor({ clock: systemClock, random: random.next }),
      spools: createGeneratedSpools({ clock: systemClock }),
      tally,
      onAcknowledged: (at: number) => void acknowledgedAt.push(at),
    };
    agents = hostsOf(request).map((host) => createSimulatedAgent(host, { ...shared, sample: hostSample(host, random) }));
    return { agents: agents.length };
  },
  connect({ withinMs }) {
    const every = withinMs / Math.max(1, agents.length);
    for (const [index, agent] of agents.entries()) setTimeout(agent.start, index * every);
    return null;
  },
  churn({ perMinute }) {
    clearInterval(churning);
    if (perMinute > 0) churning = setInterval(() => agents[Math.floor(Math.random() * agents.length)]?.cut(), 60_000 / perMinute);
    return null;
  },
  report,
  take() {
    const times = acknowledgedAt;
    acknowledgedAt = [];
    return times;
  },
  enrol: async (request) => ({ milliseconds: await enrolHosts({ ...request, serverUrl }) }),
  async stop() {
    clearInterval(churning);
    await Promise.all(agents.map((agent) => agent.stop()));
    return null;
  },
};

function hostsOf({ hostsFile, of, nth }: Extract<LoadRequest, { type: 'begin' }>): SimulatedHost[] {
  const lines = readFileSync(hostsFile, 'utf8').trimEnd().split('\n');
  return lines.filter((_, index) => index % of === nth).map((line) => JSON.parse(line) as SimulatedHost);
}

function report(): LoadReport {
  const { user, system } = process.cpuUsage();
  return { ...tally, cpuSeconds: (user + system) / 1e6, residentBytes: process.memoryUsage.rss() };
}

// without a connection there is nothing else to live for
process.channel?.ref();
process.on('message', ({ id, request }: LoadCall) => {
  const handler = handlers[request.type] as (request: LoadRequest) => LoadAnswers[keyof LoadAnswers];
  Promise.resolve()
    .then(() => handler(request))
    .then(
      (answer) => reply({ id, answer }),
      (error: unknown) => reply({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    );
});

function reply(message: LoadReply): void {
  process.send?.(message);
}
