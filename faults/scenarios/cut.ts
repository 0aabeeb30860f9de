import { setTimeout as pause } from 'node:timers/promises';
import type { Execution } from '../../shared/api/executions.ts';
import type { Run } from '../../shared/api/runs.ts';
import { shortTimes, startFleet } from '../fleet.ts';
import { createRandom } from '../random.ts';
import type { ScenarioOptions, ScenarioOutcome } from './scenario.ts';

const everyMs = 10;

/** A task prints a numbered line every 10 ms; in its middle the link is cut. The log must have every number once, in order. */
export async function runCut({ minutes, keep, say }: ScenarioOptions): Promise<ScenarioOutcome> {
  // for as long as the cut lasts the work is not given up
  const fleet = await startFleet({
    agents: ['host-1'],
    random: createRandom(1),
    broken: [],
    settings: { ...shortTimes, MUSTER_LOST_AFTER_SECONDS: String(Math.ceil(minutes * 60) + 600) },
  });
  let isWhole = false;
  try {
    const [agent] = fleet.agents;
    if (agent === undefined) throw new Error('There is no agent.');
    const cutMs = minutes * 60_000;
    const lines = Math.ceil((cutMs + 10_000) / everyMs);
    const created = await fleet.api.createTask({
      owner: 'host-1',
      plugin: 'node-work',
      name: 'numbered',
      timeoutSeconds: 86_400,
      env: { WORK_DIR: fleet.workDir, WORK_MODE: 'ok', WORK_LINES: String(lines), WORK_MS: String(lines * everyMs) },
    });
    const run = created.run as Run;
    await pause(5000);
    const [execution] = (await fleet.api.executionsOf(run.id)) as [Execution];
    const before = (await fleet.api.log(execution.id)).split('\n').length - 1;
    say(`${before} lines are in the ledger; the link is cut for ${minutes} minutes`);
    agent.link.cut();
    await pause(cutMs);
    agent.link.heal();
    say('the link is whole again');
    const final = await fleet.api.finalRun(run.id, 120);
    const log = await fleet.api.log(execution.id);
    const numbers = log
      .trimEnd()
      .split('\n')
      .map((line) => Number(/^B(\d+) /.exec(line)?.[1]));
    const wrong = numbers.findIndex((number, index) => number !== index + 1);
    isWhole = final.state === 'succeeded' && numbers.length === lines && wrong === -1;
    return {
      ok: isWhole,
      rows: [
        ['cut', `${minutes} minutes`],
        ['end of the run', final.state],
        ['lines printed', String(lines)],
        ['lines in the ledger before the cut', String(before)],
        ['lines in the ledger', String(numbers.length)],
        ['each once and in order', wrong === -1 && numbers.length === lines ? 'yes' : `no: at line ${wrong + 1}`],
      ],
    };
  } finally {
    await fleet.close();
    if (isWhole && !keep) await fleet.remove();
    else say(`Kept: ${fleet.folder}`);
  }
}
