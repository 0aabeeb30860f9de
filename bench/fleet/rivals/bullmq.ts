import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Cleanups } from '../../cleanups.ts';
import type { ScenarioContext } from '../scenario.ts';
import { installFromNpm } from './installed.ts';
import { startRedis } from './redis.ts';

const packages = ['bullmq@6.7.0', 'ioredis@6.0.0'];
const patienceMs = 120_000;

/**
 * The same number of no-ops through BullMQ: a process that adds them in thousands, one that works them off, and Redis without persistence.
 * @returns jobs a second of each run, or undefined, with a note, where it cannot be had
 */
export async function measureBullmq({ settings, cleanups, say, note }: ScenarioContext): Promise<readonly number[] | undefined> {
  say('BullMQ on Redis: installed into a temporary folder');
  const folder = await mkdtemp(join(tmpdir(), 'muster-rival-'));
  const removeFolder = cleanups.add(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  try {
    const modules = await installFromNpm(folder, packages);
    const { socket, end } = await startRedis(folder, cleanups);
    const worker = await startPart(modules, socket, 'work', cleanups);
    const adder = await startPart(modules, socket, 'add', cleanups);
    const rates: number[] = [];
    await runJobs(adder.child, worker.child, Math.ceil(settings.tasks / 5));
    for (let run = 1; run <= settings.runs; run += 1) {
      say(`BullMQ: run ${run} of ${settings.runs}`);
      rates.push(await runJobs(adder.child, worker.child, settings.tasks));
    }
    for (const part of [adder, worker]) await part.end();
    await end();
    return rates;
  } catch (error) {
    note(
      `BullMQ on Redis was left out, because it could not be had here: ${error instanceof Error ? error.message.split('\n')[0] : error}`,
    );
    return undefined;
  } finally {
    await removeFolder();
  }
}

/** @returns jobs a second, from the first that is added to the last that has ended */
async function runJobs(adder: ChildProcess, worker: ChildProcess, jobs: number): Promise<number> {
  const before = await ask<{ done: number }>(worker, {});
  const startedAt = performance.now();
  const added = ask<{ added: number }>(adder, { jobs });
  for (;;) {
    const { done } = await ask<{ done: number }>(worker, {});
    const elapsed = performance.now() - startedAt;
    if (done - before.done >= jobs) {
      await added;
      return (jobs / elapsed) * 1000;
    }
    if (elapsed > patienceMs) throw new Error(`${done - before.done} of ${jobs} jobs had ended after ${patienceMs / 1000} s.`);
    await pause(20);
  }
}

async function ask<Answer>(child: ChildProcess, question: object): Promise<Answer> {
  const answered = once(child, 'message') as Promise<[Answer]>;
  child.send(question);
  const [answer] = await answered;
  return answer;
}

async function startPart(modules: string, socket: string, role: string, cleanups: Cleanups) {
  const child = fork(join(import.meta.dirname, 'bullmq-program.js'), [modules, socket, role], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const gone = once(child, 'close');
  const end = cleanups.add(async () => {
    child.kill('SIGKILL');
    await gone;
  });
  await Promise.race([
    once(child, 'message'),
    gone.then(() => {
      throw new Error(`The part of BullMQ that is to ${role} ended at once.`);
    }),
  ]);
  return { child, end };
}
