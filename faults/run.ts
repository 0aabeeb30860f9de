import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { check, type Verdict } from './checker.ts';
import { readEvidence } from './evidence.ts';
import type { Facts } from './facts.ts';
import type { FaultKind } from './fault-plan.ts';
import { type Fleet, type FleetAgent, shortTimes, startFleet } from './fleet.ts';
import { type HealthFigures, watchHealth } from './health.ts';
import { createInjector, type Injected } from './injector.ts';
import type { InstantName } from './instants.ts';
import { readLedger } from './ledger-reading.ts';
import { createPoster } from './poster.ts';
import { createRandom } from './random.ts';
import { goneForGoodAt, planRun } from './schedule.ts';
import { mountSmallDisk, type SmallDisk } from './small-disk.ts';
import { stories } from './story.ts';

export type RunOptions = {
  readonly seed: number;
  readonly seconds: number;
  readonly agents: number;
  readonly only: readonly FaultKind[];
  readonly at: readonly InstantName[];
  /** no agent is taken away for good */
  readonly allStay: boolean;
  readonly broken: readonly string[];
  readonly keep: boolean;
  readonly perSecond: number;
  readonly faultEverySeconds: number;
  readonly longestFaultMs: number;
  /** how long everything may take to end after the last fault */
  readonly patienceSeconds: number;
  /** Ctrl-C */
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
};

export type RunOutcome = {
  readonly verdict: Verdict;
  readonly faults: readonly Injected[];
  readonly health: HealthFigures;
  readonly posted: number;
  /** ms */
  readonly longestToFinal: number;
  readonly fromLastFault: number;
  readonly stories: readonly string[];
  /** kept for a look, if something is wrong */
  readonly folder: string | undefined;
  readonly seconds: number;
};

/** The random run: workload, faults, and afterwards the checker. */
export async function runFaults(options: RunOptions): Promise<RunOutcome> {
  const { seed, seconds, broken, say, signal } = options;
  const names = Array.from({ length: options.agents }, (_, index) => `host-${index + 1}`);
  const schedule = planRun({ ...options, agents: names });
  say(`seed ${seed}: ${schedule.work.length} tasks and ${schedule.faults.length} faults in ${seconds} s, ${names.length} agents`);
  const begun = performance.now();
  const disks = new Map<'server' | number, SmallDisk>();
  const fleet = await startFleet({
    agents: names,
    random: createRandom(seed).fork('links'),
    broken,
    settings: shortTimes,
    prepare(target, folder) {
      const wanted = options.only.includes(target === 'server' ? 'disk-full-server' : 'disk-full-agent');
      const disk = wanted ? mountSmallDisk(folder, target === 'server' ? 400 : 160) : undefined;
      if (disk !== undefined) disks.set(target, disk);
      else if (wanted) say(`NOT TRIED: a full disk under ${target}, because nothing can be mounted here (root only)`);
    },
  });
  let wrong = true;
  let stopAsking: () => Promise<unknown> = async () => {};
  try {
    const outcome = await drive(fleet, disks);
    wrong = outcome.verdict.violations.length > 0;
    return { ...outcome, folder: wrong || options.keep ? fleet.folder : undefined };
  } finally {
    const keep = (wrong || options.keep) && !signal.aborted;
    await stopAsking();
    await fleet.close();
    for (const disk of disks.values()) {
      if (keep) disk.keepCopy();
      else disk.unmount();
    }
    if (!keep) await fleet.remove();
  }

  async function drive(running: Fleet, smallDisks: ReadonlyMap<'server' | number, SmallDisk>): Promise<RunOutcome> {
    const gone = new Set<FleetAgent>();
    const injector = createInjector({
      fleet: running,
      diskOf: (target) => smallDisks.get(target),
      isGone: (agent) => gone.has(agent),
    });
    const posting = new AbortController();
    signal.addEventListener('abort', () => posting.abort());
    const poster = createPoster(running, schedule.work, posting.signal);
    const isExpected = (from: number, to: number): boolean =>
      !injector.serverAway.some((span) => from <= span.to && to >= span.from);
    const health = watchHealth(running.serverPort, isExpected);
    stopAsking = health.stop;
    const startedAt = performance.now();
    const leaving =
      names.length > 1 && !options.allStay ? takeAway(running.agents.at(-1) as FleetAgent, startedAt) : Promise.resolve();

    await Promise.all([poster.run(startedAt), injector.run(schedule.faults, startedAt, signal), leaving]);
    if (signal.aborted) throw new Error('The run was interrupted; nothing was checked.');
    const calmAt = performance.now();
    say(`${injector.done.length} faults done, ${poster.posted.length} tasks posted; waiting until everything has ended`);
    await bringBack(running, gone);
    await poster.endSchedules();
    const finished = await untilFinal(running, calmAt);
    const allFinalAt = performance.now();
    const figures = await health.stop();
    if (signal.aborted) throw new Error('The run was interrupted; nothing was checked.');
    posting.abort();
    say(finished ? `all final ${Math.round(allFinalAt - calmAt)} ms after the last fault` : 'NOT everything ended in time');

    for (const { seat } of running.agents) await seat.end();
    await running.server.end();
    await pause(200);
    const crashes = [...running.agents.flatMap(({ seat }) => seat.crashes), ...running.server.crashes];

    const ledger = readLedger(running.dataDir);
    try {
      const facts: Facts = {
        ledger,
        evidence: readEvidence(running.workDir),
        posted: poster.posted,
        refused: poster.refused,
        cancelled: poster.cancelled,
        serverClockWasSet: injector.done.some(({ fault }) => fault.kind === 'clock-server'),
        leftovers: running.leftovers().map((pid) => `process ${pid} is still there: ${commandOf(pid)}`),
        crashes: [
          ...crashes,
          ...injector.done.filter(({ note }) => note.startsWith('failed')).map(({ fault, note }) => `${fault.kind} ${note}`),
        ],
      };
      const verdict = check(facts);
      return {
        verdict,
        faults: injector.done,
        health: figures,
        posted: poster.posted.length,
        longestToFinal: Math.max(0, ...ledger.executions.map((row) => (row.finished_at ?? 0) - row.created_at)),
        fromLastFault: allFinalAt - calmAt,
        stories: stories(facts, verdict.violations, injector.done),
        folder: undefined,
        seconds: (performance.now() - begun) / 1000,
      };
    } finally {
      ledger.close();
    }

    /** Its host burned down: what it held must end on the ledger alone. */
    async function takeAway(agent: FleetAgent, since: number): Promise<void> {
      await pause(Math.max(0, since + seconds * 1000 * goneForGoodAt - performance.now()), undefined, { signal }).catch(() => {});
      gone.add(agent);
      await agent.seat.kill();
    }
  }

  async function bringBack(running: Fleet, gone: ReadonlySet<FleetAgent>): Promise<void> {
    for (const agent of running.agents) agent.link.heal();
    await running.server.start();
    const staying = running.agents.filter((agent) => !gone.has(agent));
    // a fault that was under way may have brought it back
    for (const agent of gone) await agent.seat.kill();
    for (const agent of staying) await agent.seat.start();
    await running.connected(
      staying.map(({ name }) => name),
      75_000,
    );
  }

  async function untilFinal(running: Fleet, since: number): Promise<boolean> {
    while (performance.now() - since < options.patienceSeconds * 1000 && !signal.aborted) {
      const active = await running.api
        .get<{ readonly items: readonly unknown[] }>('/api/v1/runs?state=active&limit=1')
        .catch(() => undefined);
      if (active?.items.length === 0) return true;
      await pause(250);
    }
    return false;
  }
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return 'it has just gone';
  }
}
