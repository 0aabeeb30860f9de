import type { Logger } from 'pino';
import type { EventBus } from '../../platform/events/bus.ts';
import { createLoop, type Loop } from '../../platform/loops/loop.ts';
import type { AgentsService } from '../agents/agents.service.ts';
import { systemActor } from '../audit/audit.ts';
import { createAgentLinks } from './agent-links.ts';
import { createOffers } from './offers.ts';
import { createProtocolOrders, type ProtocolOrders } from './protocol-orders.ts';
import { createUnderWay } from './under-way.ts';
import { createUpdateChanges } from './update-changes.ts';
import { createUpdatePass } from './update-pass.ts';
import { type UpdateMessagesResources, updateMessages } from './updates.messages.ts';
import { createUpdatesService, type UpdatesService, type UpdatesServiceResources } from './updates.service.ts';
import { findInForce } from './updates.store.ts';
import { updateOfRow } from './updates.ts';

/** Updates of the agents, put together. */
export type UpdatesFeature = {
  readonly service: UpdatesService;
  readonly messages: ReturnType<typeof updateMessages>;
  /** for the agents, whose rung is below */
  readonly orderFor: ProtocolOrders['orderFor'];
  /** Deadlines move by so many ms, with the clock. */
  shift(ms: number): Promise<void>;
  start(): Promise<void>;
  /** What a backup tells of an update was so when it was made: nobody is told by it any more. */
  endAfterRestore(): Promise<void>;
  /** May be called twice. */
  stop(): Promise<void>;
};

export type UpdatesResources = Omit<UpdatesServiceResources, 'changes' | 'wake' | 'agents'> &
  Omit<UpdateMessagesResources, 'links' | 'agents'> & {
    readonly log: Logger;
    readonly events: EventBus;
    readonly agents: AgentsService;
    /** whether the time can be believed; asked before anything is concluded from it */
    readonly lookAtTime: () => Promise<void>;
  };

const passEveryMs = 1000;

export function createUpdates(resources: UpdatesResources): UpdatesFeature {
  const { clock, log, events, releases, agents, lookAtTime } = resources;
  const links = createAgentLinks({ clock, agents });
  const own = { ...resources, links };
  const signedRelease = () => releases.signed().catch(() => undefined);
  const offers = createOffers(own);
  const underWay = createUnderWay(own);
  const changes = createUpdateChanges(own);
  const offeredRelease = async () => (await signedRelease())?.release;
  const pass = createUpdatePass({ ...own, offers, underWay, changes, offeredRelease });
  let loop: Loop | undefined;
  let unsubscribe: () => void = () => undefined;

  return {
    service: createUpdatesService({ ...own, changes, wake: () => loop?.wake() }),
    messages: updateMessages(own),
    orderFor: createProtocolOrders({ ...own, offers, signedRelease }).orderFor,
    shift: underWay.shift,
    async start() {
      await underWay.begin();
      // new tags may bring a host into the target, and a removed one has no turn any more
      unsubscribe = events.on('agent.changed', ({ agentId }) => links.changed(agentId));
      loop = createLoop({
        name: 'agent updates',
        clock,
        log,
        everyMs: passEveryMs,
        async run() {
          await lookAtTime();
          if (await pass()) loop?.wake();
        },
      });
    },
    async endAfterRestore() {
      const row = await findInForce(resources.db.read);
      const reason = 'The server was restored from a backup: begin a new update.';
      if (row !== undefined) await changes.stop(updateOfRow(row), 'ended', reason, { name: systemActor });
    },
    async stop() {
      unsubscribe();
      await loop?.stop();
    },
  };
}
