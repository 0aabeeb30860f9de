import type { ResultMessage } from '../../../shared/protocol.ts';
import type { Host } from './host.ts';
import type { ProtocolWorld } from './protocol-world.ts';
import type { Work } from './scripted-work.ts';
import type { Step } from './steps.ts';
import { admin } from './world.ts';

/** Lets a history happen, checks after each step, and lets everything come to its end. */
export async function play(
  world: ProtocolWorld,
  steps: readonly Step[],
  checker: { check(): Promise<void>; checkEnd(): Promise<void> },
): Promise<void> {
  for (const host of world.hosts) world.connect(host);
  await flow(world, 3);
  for (const step of steps) {
    await perform(world, step);
    await world.settle();
    await checker.check();
  }
  await quiesce(world);
  await checker.check();
  await checker.checkEnd();
}

async function perform(world: ProtocolWorld, step: Step): Promise<void> {
  const host = world.hosts['host' in step ? step.host : 0] as Host;
  switch (step.do) {
    case 'post':
      return world.post({ owner: step.owner, ...step.policy });
    case 'fire':
      return world.run(() => fire(world, step.which));
    case 'cancelRun':
      return world.run(() => cancel(world, 'runs', step.which));
    case 'cancelExecution':
      return world.run(() => cancel(world, 'executions', step.which));
    case 'connect':
      return world.connect(host);
    case 'begin':
      return world.begin(host);
    case 'cut':
      return world.cut(host, step.seenBy);
    case 'toServer':
      return void world.toServer(host, step.count);
    case 'toAgent':
      return void world.toAgent(host, step.count);
    case 'again':
      return world.again(host, step.toward, step.which);
    case 'stale':
      return world.run(() => sayStale(world, host, step.which));
    case 'kill':
      return world.kill(host, step.programs);
    case 'powerLoss':
      return world.kill(host, 'die', step.kept);
    case 'forgetAll':
      return world.forgetAll(host);
    case 'revoke':
      return world.revoke(host);
    case 'rename':
      host.name = `${host.key}-${host.said.length}`;
      return;
    case 'mood':
      host.mood = step.mood;
      return;
    case 'disk':
      host.disk.isFull = step.is === 'full';
      host.disk.isSlow = step.is === 'slow';
      return;
    case 'print':
      return pick(world, host, step.which)?.print(step.text);
    case 'end': {
      const work = pick(world, host, step.which);
      return work?.end(work.mustStop ? 'cancelled' : step.outcome);
    }
    case 'pass':
      await world.clock.advance(step.seconds * 1000);
      return world.sweep();
    case 'restartServer':
      return world.restartServer(step.turns);
    case 'turns':
      world.startDispatch();
      for (let turn = 0; turn < step.count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      return;
    case 'flow':
      return flow(world, step.rounds);
    case 'together':
      for (const one of step.steps) await perform(world, one);
  }
}

function pick({ works }: ProtocolWorld, host: Host, which: number): Work | undefined {
  const live = works.filter((work) => work.host === host.key && work.isLive);
  return live[which % Math.max(1, live.length)];
}

/** Output leaves the spool, and all that is under way arrives. */
async function flow(world: ProtocolWorld, rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    await world.clock.advance(25);
    await world.settle();
    for (const host of world.hosts) {
      world.toServer(host, 1000);
      await world.settle();
      world.toAgent(host, 1000);
    }
  }
  await world.settle();
}

async function fire(world: ProtocolWorld, which: number): Promise<void> {
  const tasks = await world.db.read.selectFrom('tasks').select('id').orderBy('id').execute();
  const id = tasks[which % Math.max(1, tasks.length)]?.id;
  if (id !== undefined) await unlessTooLate(() => world.server().feature.tasks.run(id, admin));
}

async function cancel(world: ProtocolWorld, table: 'runs' | 'executions', which: number): Promise<void> {
  const { feature } = world.server();
  const rows = await world.db.read.selectFrom(table).select('id').where('open', '>', 0).orderBy('id').execute();
  const id = rows[which % Math.max(1, rows.length)]?.id;
  if (id === undefined) return;
  await unlessTooLate(() => (table === 'runs' ? feature.runs.cancel(id, admin) : feature.executions.cancel(id, admin)));
}

async function unlessTooLate(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if ((error as { code?: string }).code !== 'state_conflict') throw error;
  }
}

/** A message about an attempt that the ledger has left behind, or of which another agent spoke: nothing may come of it. */
async function sayStale(world: ProtocolWorld, host: Host, which: number): Promise<void> {
  const rows = await world.db.read.selectFrom('executions').select(['id', 'attempt', 'open', 'agent_id']).execute();
  const byId = new Map(rows.map((row) => [row.id, row]));
  const stale = world.hosts
    .flatMap(({ said, id }) => (said as ResultMessage[]).map((message) => ({ message, isOwn: id === host.id })))
    .filter(({ message: { execution, attempt }, isOwn }) => {
      const row = byId.get(execution);
      // what an agent tells late of its own work is kept, so that only its true words may come again
      if (isOwn) return row === undefined || row.attempt !== attempt;
      return row?.agent_id !== host.id || row.attempt !== attempt;
    });
  const message = stale.at(-1 - which)?.message;
  if (message !== undefined) world.handle(host, message);
}

/** All are well, here and willing, and far more time passes than anything may take. */
async function quiesce(world: ProtocolWorld): Promise<void> {
  for (const host of world.hosts) {
    host.mood = 'willing';
    host.disk.isFull = false;
    host.disk.isSlow = false;
    await world.begin(host);
  }
  await world.settle();
  for (const host of world.hosts) world.connect(host);
  for (let hour = 0; hour < 12; hour += 1) {
    for (let round = 0; round < 2; round += 1) {
      await flow(world, 4);
      for (const work of world.works) work.end('succeeded');
    }
    await flow(world, 3);
    for (const seconds of [1, 40, 3560]) {
      await world.clock.advance(seconds * 1000);
      world.sweep();
      await world.settle();
    }
    const open = await world.db.read.selectFrom('executions').select('id').where('open', '=', 1).limit(1).execute();
    if (open.length === 0 && world.hosts.every(({ life }) => (life?.held.size() ?? 0) === 0)) break;
  }
  await flow(world, 2);
}
