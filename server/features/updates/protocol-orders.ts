import { createHash } from 'node:crypto';
import { newUpdate } from '../../../shared/api/updates.ts';
import { protocolVersion, type UpdateOrder } from '../../../shared/protocol.ts';
import { releaseText, type SignedRelease } from '../../../shared/release.ts';
import type { Clock } from '../../platform/clock.ts';
import type { EventBus } from '../../platform/events/bus.ts';
import type { Database } from '../../schema/schema.ts';
import type { AgentView } from '../agents/agents.ts';
import { fileFor, otherProtocolSeconds } from './host-updates.ts';
import { downloading, type Offers } from './offers.ts';
import { changeHosts, findHost } from './update-hosts.store.ts';
import { countsByWave } from './update-pass.ts';
import { countHosts, findInForce } from './updates.store.ts';
import { lastBegunWave, orderOf, tellsHosts, type Update, updateOfRow } from './updates.ts';

/**
 * How an agent that speaks another protocol comes to this one. It cannot connect, so it is told when it tries:
 *
 *   an update is in force ──> as that says: in its wave, in its turn, and not while it is paused
 *   none is               ──> to what this server hands out, so many at the same time: until then the host is lost to everybody
 */
export type ProtocolOrders = {
  orderFor(agent: AgentView): Promise<UpdateOrder | undefined>;
};

export type ProtocolOrdersResources = {
  readonly db: Database;
  readonly clock: Clock;
  readonly events: EventBus;
  readonly offers: Pick<Offers, 'arrivals'>;
  /** what this server hands out now; undefined: nothing */
  readonly signedRelease: () => Promise<SignedRelease | undefined>;
};

/** Without an update in force, so many have the order at the same time. */
const atOnce = 20;
const defaults = newUpdate.parse({});

export function createProtocolOrders({ db, clock, events, offers, signedRelease }: ProtocolOrdersResources): ProtocolOrders {
  /** until when those that were told without an update in force take a place */
  const places = new Map<string, number>();

  async function ofUpdate(update: Update, agent: AgentView): Promise<UpdateOrder | undefined> {
    if (!tellsHosts(update.state) || fileFor(agent, update.release.release) === undefined) return undefined;
    await offers.arrivals(update, [agent.id]);
    const order = await db.write(async (writer) => {
      const row = await findHost(writer, update.id, agent.id);
      if (row === undefined || row.wave > lastBegunWave(update.waves)) return undefined;
      if (row.state !== 'waiting')
        return ['offered', 'downloading', 'ready', 'switching'].includes(row.state) ? 'again' : undefined;
      const counts = countsByWave(await countHosts(writer, [update.id]), update.waves.length);
      if (downloading(counts) >= update.settings.atOnce) return undefined;
      await changeHosts(writer, update.id, [agent.id], 'waiting', {
        state: 'offered',
        message: `It speaks protocol ${agent.otherProtocol} and was told how to update when it tried to connect.`,
        changed_at: clock.now(),
        away_since: clock.now(),
        deadline_at: clock.now() + (otherProtocolSeconds + update.settings.healthySeconds) * 1000,
      });
      return 'first';
    });
    if (order === 'first') events.emit('update.changed', { updateId: update.id });
    return order === undefined ? undefined : orderOf(update);
  }

  async function ofRelease(agent: AgentView): Promise<UpdateOrder | undefined> {
    const release = await signedRelease();
    if (release?.release.protocol !== protocolVersion || fileFor(agent, release.release) === undefined) return undefined;
    const now = clock.monotonic();
    for (const [id, until] of places) if (until <= now) places.delete(id);
    if (!places.has(agent.id) && places.size >= atOnce) return undefined;
    places.set(agent.id, now + otherProtocolSeconds * 1000);
    const { mode, drainAfterSeconds, healthySeconds } = defaults;
    return { update: idOf(release), release, mode, drainAfterSeconds, healthySeconds };
  }

  return {
    async orderFor(agent) {
      const row = await findInForce(db.read);
      return row === undefined ? ofRelease(agent) : ofUpdate(updateOfRow(row), agent);
    },
  };
}

/** The same for the same executables: an agent that went back from them does not try them again. */
const idOf = ({ release }: SignedRelease): string =>
  `protocol_${createHash('sha256').update(releaseText(release)).digest('hex').slice(0, 16)}`;
