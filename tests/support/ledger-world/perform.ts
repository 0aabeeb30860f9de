import type { JournalEntry, ResultMessage } from '../../../shared/protocol.ts';
import { changeTask, removeTasks, schedule } from './scheduled.ts';
import type { History, Step } from './steps.ts';
import { admin, type Host, type World } from './world.ts';

/** Lets a history happen. `check` is called after each step, when all is settled. */
export async function perform(world: World, { steps, revoke, hostsReturn }: History, check: () => Promise<void>): Promise<void> {
  for (const host of world.hosts) world.connect(host);
  await flow(world, 2);
  for (const step of steps) {
    await begin(world, step);
    await world.settle();
    await check();
  }
  if (revoke) world.revoke(world.hosts[2] as Host);
  await world.settle();
  await check();
  await calmDown(world, hostsReturn);
  await check();
}

async function begin(world: World, step: Step): Promise<void> {
  const host = 'host' in step ? (world.hosts[step.host] as Host) : (world.hosts[0] as Host);
  const { agent } = host;
  const { feature } = world.server();
  switch (step.do) {
    case 'post':
      return world.post({ owner: step.owner, plugin: step.plugin, ...step.policy });
    case 'connect':
      return world.connect(host);
    case 'connectConfused':
      return world.connect(host, await nonsenseFor(world, host));
    case 'cut':
      return world.cut(host);
    case 'crash':
      agent.crash();
      return world.cut(host);
    case 'revoke':
      return world.revoke(host);
    case 'idle':
      if (host.status !== 'Revoked') host.status = host.status === 'Online' ? 'Idle' : 'Online';
      return feature.agentChanged(host.id);
    case 'decide':
      return agent.decide(world.clock.now());
    case 'mood':
      agent.mood = step.mood;
      return;
    case 'print':
      return agent.print(step.which, step.text);
    case 'finish':
      return agent.finish(step.which, step.outcome);
    case 'deliver':
      return agent.deliver(step.chunkBytes);
    case 'toServer':
      return void world.toServer(host, step.count);
    case 'toAgent':
      return void world.toAgent(host, step.count);
    case 'stale':
      return world.run(() => sayAgain(world, host, step.which));
    case 'cancelRun':
    case 'cancelExecution':
      return world.run(() => cancel(world, step.do, step.which));
    case 'schedule':
      return world.run(() => schedule(world, step));
    case 'pauseTask':
    case 'resumeTask':
    case 'runTask':
    case 'removeTask':
    case 'editTask':
      return world.run(() => changeTask(world, step));
    case 'pass':
      await world.clock.advance(step.seconds * 1000);
      return world.run(() => feature.sweep());
    case 'restart':
      return world.restart(step.turns);
    case 'turns':
      world.startLoops();
      for (let turn = 0; turn < step.count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      return;
    case 'flow':
      return flow(world, step.rounds);
    case 'together':
      for (const one of step.steps) await begin(world, one);
  }
}

/** What the journal of no honest agent would hold: of other hosts' work, of attempts that were never made, of another ledger. */
async function nonsenseFor(world: World, host: Host): Promise<JournalEntry[]> {
  const rows = await world.db.read.selectFrom('executions').select(['id', 'attempt', 'agent_id']).orderBy('id').execute();
  const claims = rows.flatMap(({ id, attempt, agent_id }, index) => {
    const state = index % 2 === 0 ? ('running' as const) : ('ended' as const);
    const notItsOwn = agent_id !== host.id && attempt > 0 ? [attempt] : [];
    return [...notItsOwn, attempt + 9].map((claimed) => ({ execution: id, attempt: claimed, state, logSize: index * 1000 }));
  });
  return [...claims, { execution: 'exe_of_another_ledger', attempt: 1, state: 'running', logSize: 7 }];
}

/** Everything that is under way arrives, in both directions, so many times. */
async function flow(world: World, rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    await world.settle();
    for (const host of world.hosts) {
      world.toAgent(host, 1000);
      host.agent.deliver(50);
      world.toServer(host, 1000);
    }
  }
  await world.settle();
}

/** A message about an attempt that the ledger has left behind, or of which another agent spoke: nothing may come of it. */
async function sayAgain(world: World, host: Host, which: number): Promise<void> {
  const { link } = host;
  if (link === undefined || !link.isOpen || !host.connected) return;
  const rows = await world.db.read.selectFrom('executions').select(['id', 'attempt', 'open', 'agent_id']).execute();
  const byId = new Map(rows.map((row) => [row.id, row]));
  const stale = world.hosts
    .flatMap(({ said }) => said as ResultMessage[])
    .filter(({ execution, attempt }) => {
      const row = byId.get(execution);
      return row === undefined || row.open === 0 || row.attempt !== attempt || row.agent_id !== host.id;
    });
  // the latest ones are the most likely to be taken for new
  const message = stale.at(-1 - which);
  if (message !== undefined) await world.server().handle(link.connection, message);
}

async function cancel(world: World, what: 'cancelRun' | 'cancelExecution', which: number): Promise<void> {
  const { feature } = world.server();
  const rows = await world.db.read
    .selectFrom(what === 'cancelRun' ? 'runs' : 'executions')
    .select('id')
    .where('open', '>', 0)
    .orderBy('id')
    .execute();
  const id = rows[which % Math.max(1, rows.length)]?.id;
  if (id === undefined) return;
  try {
    await (what === 'cancelRun' ? feature.runs.cancel(id, admin) : feature.executions.cancel(id, admin));
  } catch (error) {
    // it ended meanwhile
    if ((error as { code?: string }).code !== 'state_conflict') throw error;
  }
}

/** Time passes, far beyond every deadline. */
async function calmDown(world: World, hostsReturn: boolean): Promise<void> {
  await removeTasks(world);
  for (const host of world.hosts) {
    host.agent.mood = 'accepts';
    if (host.status !== 'Revoked') host.status = 'Online';
    if (hostsReturn) world.connect(host);
    else world.cut(host);
  }
  for (let hour = 0; hour < 12; hour += 1) {
    for (let round = 0; hostsReturn && round < 3; round += 1) {
      await flow(world, 3);
      for (const { agent } of world.hosts) for (let i = 0; i < 20; i += 1) agent.finish(0, 'succeeded');
    }
    await flow(world, 3);
    for (const step of [1_000, 40_000, 3_560_000]) {
      await world.clock.advance(step);
      world.run(() => world.server().feature.sweep());
      await world.settle();
    }
  }
}
