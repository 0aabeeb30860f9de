import type { Clock } from '../../platform/clock.ts';
import type { Actor } from '../../platform/http/actor.ts';
import type { Database } from '../../schema/schema.ts';
import { findMilestone, reachMilestone } from './milestones.store.ts';

/**
 * The first steps on a fresh server. A step is done when the server can see that it is; all of them done, or one click, ends the welcome
 * for everybody and for ever.
 */
export type Welcome = {
  /** @param follows a page that showed the steps already asks again: it sees the last one done before they go */
  steps(follows: boolean): Promise<WelcomeSteps | null>;
  dismiss(actor: Actor): Promise<void>;
};

export type WelcomeSteps = {
  /** name of a host that is there; null: none yet */
  readonly firstHost: string | null;
  /** the newest run; null: nothing has run yet */
  readonly firstRun: { readonly id: string; readonly name: string } | null;
  /** the newest hosts but the first, newest first */
  readonly furtherHosts: readonly { readonly id: string; readonly name: string; readonly status: string }[];
  readonly done: boolean;
};

export type WelcomeResources = {
  readonly db: Database;
  readonly clock: Clock;
  /** oldest first */
  readonly hosts: () => readonly { readonly id: string; readonly name: string; readonly status: string }[];
  readonly newestRun: () => Promise<{ readonly id: string; readonly taskName: string } | undefined>;
};

const shownHosts = 5;

export function createWelcome({ db, clock, hosts, newestRun }: WelcomeResources): Welcome {
  /** null: not asked yet */
  let welcomed: 'no' | 'done' | 'dismissed' | null = null;

  async function remember(how: 'done' | 'dismissed', by: string): Promise<void> {
    welcomed = how;
    await db.write((writer) => reachMilestone(writer, { name: 'welcomed', reached_at: clock.now(), reached_by: by }));
  }

  return {
    async steps(follows) {
      welcomed ??= (await findMilestone(db.read, 'welcomed')) === undefined ? 'no' : 'dismissed';
      if (welcomed === 'dismissed' || (welcomed === 'done' && !follows)) return null;
      const [first, ...further] = hosts();
      const run = await newestRun();
      const done = first !== undefined && run !== undefined && further.length > 0;
      if (done && welcomed === 'no') await remember('done', 'system');
      return {
        firstHost: first?.name ?? null,
        firstRun: run === undefined ? null : { id: run.id, name: run.taskName },
        furtherHosts: further
          .slice(-shownHosts)
          .reverse()
          .map(({ id, name, status }) => ({ id, name, status })),
        done,
      };
    },
    dismiss: (actor) => remember('dismissed', actor.name),
  };
}
