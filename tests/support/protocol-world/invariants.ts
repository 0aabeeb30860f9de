import { parsePolicy } from '../../../server/features/tasks/policy-text.ts';
import type { AttemptsTable, ExecutionsTable } from '../../../server/schema/tables/tasks.tables.ts';
import { heldStates, isFinal } from '../../../shared/states.ts';
import { checkLogs, checkMoves, checkRow, checkRun, must, type Snapshot, snapshot } from '../ledger-world/rows.ts';
import { leaseSeconds } from '../ledger-world/server-instance.ts';
import type { ProtocolWorld } from './protocol-world.ts';
import type { Work } from './scripted-work.ts';

/** What must hold of both sides together, after every step. */
export type Checker = { check(): Promise<void>; checkEnd(): Promise<void> };

type Seen = Snapshot & { readonly kept: readonly AttemptsTable[]; readonly rows: ReadonlyMap<string, ExecutionsTable> };

export function createChecker(world: ProtocolWorld): Checker {
  let looked = 0;
  async function look(): Promise<Seen> {
    const seen = await snapshot(world.db);
    const kept = await world.db.read.selectFrom('attempts').selectAll().execute();
    return { ...seen, kept, rows: new Map(seen.executions.map((row) => [row.id, row])) };
  }
  return {
    async check() {
      must(world.broken.length === 0, world.broken[0] ?? '');
      looked = await checkMoves(world.db, looked);
      const seen = await look();
      for (const row of seen.executions) checkRow(row);
      for (const run of seen.runs) checkRun(run, seen.executions);
      checkBooks(world, seen);
      checkLogs(seen);
      checkStarts(world.works, seen);
      checkLive(world.works, seen);
      checkOutput(world, seen);
      checkAgreement(world, seen);
      checkSilence(world, seen);
    },
    async checkEnd() {
      const seen = await look();
      for (const { id, state } of seen.executions) must(isFinal(state), `${id} is still ${state}`);
      for (const { id, state } of seen.runs) must(state !== 'active', `${id} is still active`);
      for (const { key, name, status, life } of world.hosts) {
        if (status === 'Revoked') continue;
        const held = [...(life?.held.all() ?? [])].map(({ execution, attempt }) => `${execution}/${attempt}`);
        must(life !== undefined && held.length === 0, `${name} still keeps ${held.join(', ')}`);
        must(life.slotsTaken() === 0, `${name} has ${life.slotsTaken()} slots taken, and runs nothing`);
        const live = world.works.filter((work) => work.host === key && work.isLive);
        must(live.length === 0, `${name} still runs ${live.map(nameOf).join(', ')}`);
      }
    },
  };
}

const nameOf = ({ execution, attempt }: { execution: string; attempt: number }): string => `${execution}/${attempt}`;

function checkBooks({ hosts, server }: ProtocolWorld, { executions }: Seen): void {
  for (const { id, name } of hosts) {
    const held = executions.filter(({ agent_id, state }) => agent_id === id && heldStates.includes(state)).length;
    must(server().feature.busyOf(id) === held, `${name} holds ${held}, the books say ${server().feature.busyOf(id)}`);
  }
}

/** Each attempt is started once, and again only after an end that is known, unless the task may be repeated. */
function checkStarts(works: readonly Work[], { kept, rows, runs }: Seen): void {
  const started = new Set<string>();
  for (const work of works) {
    must(!started.has(nameOf(work)), `${nameOf(work)} was started twice, the second time by ${work.host}`);
    // a runtime that refuses at the last moment has begun nothing
    if (work.outcome !== 'rejected') started.add(nameOf(work));
  }
  for (const { execution_id: execution, attempt, outcome } of kept) {
    const isStarted = started.has(nameOf({ execution, attempt }));
    must(outcome !== 'not_started' || !isStarted, `${execution}/${attempt} counts as not started, but it was`);
    const run = runs.find(({ id }) => id === rows.get(execution)?.run_id);
    const mayRepeat = run !== undefined && parsePolicy(run.policy).idempotent;
    must(outcome !== 'lost' || mayRepeat, `${execution} went on after attempt ${attempt} was lost`);
  }
}

/** No two live attempts of one execution, but where the older one was lost and the task says that it may be repeated. */
function checkLive(works: readonly Work[], { kept }: Seen): void {
  const live = works.filter(({ isLive }) => isLive);
  for (const older of live) {
    const newer = live.find(({ execution, attempt }) => execution === older.execution && attempt > older.attempt);
    if (newer === undefined) continue;
    const outcome = kept.find(
      ({ execution_id, attempt }) => execution_id === older.execution && attempt === older.attempt,
    )?.outcome;
    must(outcome === 'lost', `${nameOf(older)} (${outcome}) runs on ${older.host}, and ${nameOf(newer)} on ${newer.host}`);
  }
}

/**
 * The log of an attempt is the beginning of what it printed, and all of it if the ledger took its own word for its end. What a full disk
 * drops, or a loss of power took, is told as cut.
 */
function checkOutput({ works, logFrom }: ProtocolWorld, { rows, chunks }: Seen): void {
  for (const work of works) {
    const from = logFrom.get(nameOf(work)) ?? 0;
    const row = rows.get(work.execution);
    const next = works.filter(({ execution, attempt }) => execution === work.execution && attempt > work.attempt);
    const to = Math.min(...next.map((later) => logFrom.get(nameOf(later)) ?? 0));
    const its = chunks.filter(({ execution_id: id, start }) => id === work.execution && start >= from && start < to);
    const cut = its.findIndex(({ stream }) => stream === 'cut');
    const log = Buffer.from((cut === -1 ? its : its.slice(0, cut)).map(({ text }) => text).join(''));
    must(work.printed.subarray(0, log.length).equals(log), `the log of ${nameOf(work)} is not what it printed on ${work.host}`);
    const isItsEnd = row?.attempt === work.attempt && row.open === 0 && row.state === work.outcome;
    if (!isItsEnd || (row.reason !== 'finished' && row.reason !== 'exit_code')) continue;
    const missing = work.printed.length - log.length;
    must(missing === row.cut_bytes, `${nameOf(work)} lacks ${missing} bytes of its output, and says ${row.cut_bytes}`);
  }
}

/** With an agent that has heard everything, and been heard, the ledger is of one mind about what it runs. */
function checkAgreement({ hosts, works }: ProtocolWorld, { executions }: Seen): void {
  for (const { id, key, name, connected, link, seat, life, disk } of hosts) {
    for (const row of executions)
      must(connected || row.agent_id !== id || row.state !== 'offered', `${row.id} is offered to ${name}, which is away`);
    const isQuiet = link !== undefined && link === seat && link.isOpenForAgent && link.isOpenForServer;
    if (!connected || !isQuiet || life === undefined || disk.isSlow) continue;
    if (link.toAgent.length > 0 || link.toServer.length > 0) continue;
    for (const row of executions)
      must(row.agent_id !== id || row.state !== 'running' || life.held.get({ execution: row.id, attempt: row.attempt }) !== undefined,
        `${row.id} is running, but ${name} knows nothing of it`); // biome-ignore format: one rule
    for (const { host, execution, attempt, isLive, mustStop } of works) {
      if (host !== key || !isLive || mustStop) continue;
      const row = executions.find((one) => one.id === execution);
      const agrees = row?.agent_id === id && row.state === 'running' && row.attempt === attempt;
      must(agrees, `${name} runs ${execution}/${attempt} and was not told to stop, but it is ${row?.state}/${row?.attempt}`);
    }
  }
}

/** What an agent holds that has been away for longer than a lease is not called running. */
function checkSilence({ hosts, sweptAt }: ProtocolWorld, { executions }: Seen): void {
  for (const { id, name, awayAt } of hosts) {
    if (awayAt === undefined || sweptAt() < awayAt + leaseSeconds * 1000) continue;
    for (const row of executions)
      must(
        row.agent_id !== id || row.state !== 'running',
        `${row.id} is running, though ${name} is away for longer than a lease`,
      );
  }
}
