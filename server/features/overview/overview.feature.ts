import type { Logger } from 'pino';
import type { Clock } from '../../platform/clock.ts';
import type { EventBus } from '../../platform/events/bus.ts';
import type { Database } from '../../schema/schema.ts';
import type { AgentsService } from '../agents/agents.service.ts';
import type { TasksFeature } from '../tasks/tasks.feature.ts';
import { type Overview, readOverview } from './overview.service.ts';
import { createThroughput } from './throughput.service.ts';
import { createWelcome, type Welcome } from './welcome.service.ts';

/** What looks at everything: the overview, and the first steps on a fresh server. */
export type OverviewFeature = {
  read(): Promise<Overview>;
  readonly welcome: Welcome;
  /** From then on it counts what ends. */
  begin(): Promise<void>;
  /** May be called twice. */
  stop(): Promise<void>;
};

export type OverviewFeatureResources = {
  readonly db: Database;
  readonly clock: Clock;
  readonly events: EventBus;
  readonly log: Pick<Logger, 'error'>;
  readonly agents: Pick<AgentsService, 'all' | 'counts'>;
  readonly ledger: Pick<TasksFeature, 'runs' | 'locks' | 'finder'>;
  readonly heartbeatSeconds: number;
};

export function createOverview(resources: OverviewFeatureResources): OverviewFeature {
  const { db, clock, agents, ledger, heartbeatSeconds } = resources;
  const { runs, locks, finder } = ledger;
  const throughput = createThroughput(resources);
  const welcome = createWelcome({
    db,
    clock,
    hosts: () => agents.all().filter(({ status }) => status !== 'Revoked'),
    newestRun: async () => (await runs.list({ limit: 1 })).items[0],
  });
  return {
    read: () => readOverview({ clock, agents, finder, throughput, heartbeatSeconds, runs: runs.overview, locks: locks.list }),
    welcome,
    begin: throughput.begin,
    stop: throughput.stop,
  };
}
