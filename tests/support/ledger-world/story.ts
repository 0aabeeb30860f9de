import type { Execution } from '../../../shared/api/executions.ts';
import { openTestDatabase } from '../database.ts';
import { type Invariants, watch } from './invariants.ts';
import { memoryFolder } from './memory-folder.ts';
import { type Host, openWorld, type World } from './world.ts';

/** A world of its own for a story that is told step by step, with the invariants watched. */
export type Story = World & {
  readonly web1: Host;
  readonly web2: Host;
  readonly win1: Host;
  /** Connects these hosts. */
  arrive(...hosts: readonly Host[]): Promise<void>;
  /** Settles, and checks what must always hold. */
  settled(): Promise<void>;
  /** Everything that is under way arrives, until nothing moves any more. */
  flow(): Promise<void>;
  /** Time passes, and the sweep looks at it. */
  pass(seconds: number): Promise<void>;
  /** The executions of all runs, oldest first. */
  executions(): Promise<readonly Execution[]>;
  dispose(): Promise<void>;
};

/** @param around puts something between the ledger and its database, such as a disk that fails */
export async function openStory(around: (db: World['db']) => World['db'] = (db) => db): Promise<Story> {
  const database = await openTestDatabase(memoryFolder);
  const invariants: Invariants = await watch(database.db);
  const world = await openWorld(around(database.db));
  const [web1, web2, win1] = world.hosts as [Host, Host, Host];

  const settled = async (): Promise<void> => {
    await world.settle();
    await invariants.check(world);
  };
  async function flow(): Promise<void> {
    for (let moved = 1; moved > 0; ) {
      await settled();
      moved = 0;
      for (const host of world.hosts) {
        moved += world.toAgent(host, 1000);
        host.agent.deliver(1000);
        moved += world.toServer(host, 1000);
      }
    }
    await settled();
  }

  return {
    ...world,
    web1,
    web2,
    win1,
    async arrive(...hosts) {
      for (const host of hosts) world.connect(host);
      await flow();
    },
    settled,
    flow,
    async pass(seconds) {
      await world.clock.advance(seconds * 1000);
      world.run(() => world.server().feature.sweep());
      await settled();
    },
    async executions() {
      const { items } = await world.server().feature.executions.list({ limit: 500 });
      return [...items].reverse();
    },
    dispose: database.dispose,
  };
}
