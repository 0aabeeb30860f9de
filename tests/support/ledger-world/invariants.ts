import { parsePolicy } from '../../../server/features/tasks/policy-text.ts';
import type { Database } from '../../../server/schema/schema.ts';
import type { ExecutionsTable } from '../../../server/schema/tables/tasks.tables.ts';
import { heldStates, isFinal } from '../../../shared/states.ts';
import { checkFirings, checkOverlap, checkSplay, forgetFirings, watchFirings } from './firings.ts';
import { checkGates, isHeldBack } from './gates.ts';
import { bundles } from './plugins.ts';
import { checkLogs, checkMoves, checkRow, checkRun, emptyLedger, must, type Snapshot, snapshot, watchMoves } from './rows.ts';
import type { Host, World } from './world.ts';

/** What must hold whatever happens. A watch is kept in the database itself, so that no change of a state goes unseen. */
export type Invariants = {
  /** Empties the ledger for the next history. */
  reset(): Promise<void>;
  /** After every step. */
  check(world: World): Promise<void>;
  /** When all is quiet and far more time has passed than anything may take. */
  checkEnd(world: World): Promise<void>;
};

export async function watch(db: Database): Promise<Invariants> {
  await watchMoves(db);
  await watchFirings(db);
  let looked = 0;
  let lookedAtFirings = 0;
  return {
    async reset() {
      looked = 0;
      lookedAtFirings = 0;
      await emptyLedger(db);
      await forgetFirings(db);
    },
    async check(world) {
      looked = await checkMoves(db, looked);
      const seen = await snapshot(db);
      for (const execution of seen.executions) checkRow(execution);
      for (const run of seen.runs) checkRun(run, seen.executions);
      for (const host of world.hosts) checkBooks(world, host, seen.executions);
      for (const execution of seen.executions) checkWaiting(world, execution, seen);
      for (const host of world.hosts) checkAgreement(host, seen.executions);
      checkGates(seen);
      lookedAtFirings = await checkFirings(db, lookedAtFirings, seen);
      checkOverlap(seen);
      checkSplay(seen);
      checkLogs(seen);
      await checkAttempts(world, seen);
    },
    async checkEnd(world) {
      const seen = await snapshot(db);
      for (const { id, state } of seen.executions) must(isFinal(state), `${id} is still ${state}`);
      for (const { id, state } of seen.runs) must(state !== 'active', `${id} is still active`);
      for (const host of world.hosts) checkQuiet(host);
    },
  };
}

function checkBooks(world: World, { id, name }: Host, executions: readonly ExecutionsTable[]): void {
  const held = executions.filter(({ agent_id, state }) => agent_id === id && heldStates.includes(state)).length;
  must(world.server().feature.busyOf(id) === held, `${name} holds ${held}, the books say ${world.server().feature.busyOf(id)}`);
}

/** Nothing waits that could be offered. */
function checkWaiting(world: World, row: ExecutionsTable, seen: Snapshot): void {
  const { executions, runs } = seen;
  const now = world.clock.now();
  if (row.state !== 'queued' || row.not_before > now || row.expires_at <= now || isHeldBack(row, seen)) return;
  const sha256 = runs.find(({ id }) => id === row.run_id)?.plugin_sha256 ?? '';
  const platforms: readonly string[] | undefined =
    row.target === 'anyone' ? bundles.byHash(sha256)?.manifest.platforms : undefined;
  const free = world.hosts.find(
    (host) =>
      (row.target === 'anyone' || host.id === row.agent_id) &&
      host.connected &&
      host.status === 'Online' &&
      (platforms?.includes(host.os) ?? true) &&
      executions.filter(({ agent_id, state }) => agent_id === host.id && heldStates.includes(state)).length < host.slots,
  );
  must(free === undefined, `${row.id} waits (${row.reason}), though ${free?.name} could take it`);
}

/** With an agent that has heard everything, and been heard, the ledger is of one mind about what it runs. */
function checkAgreement({ agent, connected, link, name, id }: Host, executions: readonly ExecutionsTable[]): void {
  for (const row of executions)
    must(connected || row.agent_id !== id || row.state !== 'offered', `${row.id} is offered to ${name}, which is away`);
  if (!connected || link === undefined) return;
  for (const row of executions)
    must(row.agent_id !== id || row.state !== 'unknown', `${row.id} is unknown, though ${name} is here`);
  if (link.toAgent.length > 0 || link.toServer.length > 0) return;
  const isWith = (row: ExecutionsTable): boolean =>
    row.agent_id === id && (row.state === 'running' || row.state === 'cancelling');
  const inJournal = (row: ExecutionsTable): boolean => agent.held.has(`${row.id}/${row.attempt}`);
  for (const row of executions.filter(isWith)) must(inJournal(row), `${row.id} is ${row.state}, but ${name} knows nothing of it`);
  for (const { execution, attempt, isLive, mustStop } of agent.held.values()) {
    if (!isLive || mustStop) continue;
    const row = executions.find((one) => one.id === execution);
    const agrees = row?.agent_id === id && row.state === 'running' && row.attempt === attempt;
    must(agrees, `${name} runs ${execution}/${attempt} and was not told to stop, but it is ${row?.state}/${row?.attempt}`);
  }
}

/** Each attempt started once, none beside another one unless that was lost and may be repeated, and the log is what they printed. */
async function checkAttempts(world: World, { executions, runs, chunks }: Snapshot): Promise<void> {
  const started = new Set<string>();
  for (const { execution, attempt, host } of world.starts) {
    const key = `${execution}/${attempt}`;
    must(!started.has(key), `${key} was started twice, the second time by ${host.name}`);
    started.add(key);
  }
  const rows = new Map(executions.map((row) => [row.id, row]));
  const policyOf = (execution: string) => {
    const run = runs.find(({ id }) => id === rows.get(execution)?.run_id);
    return run === undefined ? undefined : parsePolicy(run.policy);
  };
  const kept = await world.db.read.selectFrom('attempts').select(['execution_id', 'attempt', 'outcome']).execute();
  for (const { execution_id: id, attempt, outcome } of kept)
    must(outcome !== 'lost' || policyOf(id)?.idempotent === true, `${id} went on after attempt ${attempt} was lost`);
  const live = world.hosts.flatMap((host) => [...host.agent.held.values()].filter(({ isLive }) => isLive));
  for (const older of live) {
    const newer = live.find(({ execution, attempt }) => execution === older.execution && attempt > older.attempt);
    if (newer === undefined) continue;
    const outcome = kept.find(({ execution_id: id, attempt }) => id === older.execution && attempt === older.attempt)?.outcome;
    const isAllowed = outcome === 'lost' && policyOf(older.execution)?.idempotent === true;
    must(isAllowed, `${older.execution} runs twice: attempts ${older.attempt} (${outcome}) and ${newer.attempt}`);
  }
  for (const host of world.hosts)
    for (const { execution, logFrom, printed, attempt } of host.agent.held.values()) {
      if (rows.get(execution)?.attempt !== attempt) continue;
      const log = Buffer.from(
        chunks
          .filter(({ execution_id }) => execution_id === execution)
          .map(({ text }) => text)
          .join(''),
      );
      const part = log.subarray(logFrom);
      must(
        printed.subarray(0, part.length).equals(part),
        `the log of ${execution} is not what ${host.name} printed in attempt ${attempt}`,
      );
    }
}

/** Once all is delivered, an agent that is connected keeps nothing. */
function checkQuiet({ agent, connected, name }: Host): void {
  if (connected) must(agent.held.size === 0, `${name} still keeps ${[...agent.held.keys()].join(', ')}`);
}
