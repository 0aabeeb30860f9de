import { execFile } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import BetterSqlite3 from 'better-sqlite3';
import type { Run, TaskCreated } from '../shared/api/runs.ts';
import { eventually } from './support/eventually.ts';
import { type System, startSystem } from './support/system.ts';

const source = `
import { appendFileSync, existsSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
export async function main({ starts, gate }, context) {
  appendFileSync(starts, context.executionId + '\\n');
  console.log('begun');
  while (gate !== null && !existsSync(gate)) await pause(20);
  return 'ended';
}
`;

let system: System;
let starts: string;

beforeAll(async () => {
  system = await startSystem({ plugins: { 'counted.js': source } });
  starts = join(system.folder, 'starts');
  await system.startAgent('one', { slots: 8 });
});
afterAll(() => system?.dispose());

const gate = (name: string): string => join(system.folder, `gate-${name}`);

type Outcome = { readonly code: number; readonly out: string; readonly err: string };

/** As `npx muster …` on the host of the server. */
async function muster(...args: readonly string[]): Promise<Outcome> {
  const { PATH = '', HOME = '' } = process.env;
  const command = [join(import.meta.dirname, '../bin/muster.js'), ...args];
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, command, {
      cwd: system.folder,
      env: { PATH, HOME, MUSTER_DATA_DIR: system.dataDir, MUSTER_PORT: new URL(system.server().url).port },
    });
    return { code: 0, out: stdout, err: stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, out: stdout, err: stderr };
  }
}

/** @param gate a file that it waits for; null: it ends at once */
const post = async (gate: string | null): Promise<Run> =>
  (
    await system.api.post<TaskCreated>('/api/v1/tasks', {
      owner: 'Anyone', plugin: 'counted', args: { starts, gate },
    })
  ).run as Run; // biome-ignore format: one task

describe('a backup that is taken while work goes on, and restored after more of it', () => {
  it('has all that was acknowledged before it, and nothing of it starts twice', async () => {
    const acknowledged: string[] = [];
    let working = true;
    const load = (async () => {
      while (working) acknowledged.push((await post(null)).id);
    })();
    // still running when the backup is taken; one ends before the restore, the other goes on through it
    const short = await post(gate('short'));
    const long = await post(gate('long'));
    await eventually('there is work', () => acknowledged.length > 30, 20_000);
    const running = async (id: string): Promise<boolean> => (await system.api.executionsOf(id))[0]?.state === 'running';
    await eventually('both run', async () => (await running(short.id)) && (await running(long.id)), 20_000);

    const before = [...acknowledged];
    const file = join(system.folder, 'b.db');
    const made = await muster('backup', file, '--data-dir', system.dataDir, '--json');
    expect(made).toMatchObject({ code: 0, err: '' });
    await eventually('there is more work', () => acknowledged.length > before.length + 20, 20_000);
    working = false;
    await load;
    expect(JSON.parse(made.out)).toMatchObject({
      file,
      files: ['server.key', 'admin.token', 'master.key'],
      counts: { agents: 1 },
    });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(existsSync(`${file}.partial`)).toBe(false);

    const doctor = await muster('doctor', '--server', system.server().url, '--token', system.server().token, '--json');
    const { findings } = JSON.parse(doctor.out) as { findings: { what: string; level: string; detail: string }[] };
    expect(
      findings.filter(({ what }) => ['database', 'backup', 'schema', 'integrity', 'ledger'].includes(what)),
    ).not.toContainEqual(expect.objectContaining({ level: expect.not.stringMatching('ok') }));
    expect(findings).toContainEqual(expect.objectContaining({ what: 'integrity', detail: 'whole' }));
    expect(findings).toContainEqual(expect.objectContaining({ what: 'backup', detail: expect.stringContaining(file) }));

    const again = await muster('backup', file, '--data-dir', system.dataDir);
    expect(again).toMatchObject({ code: 2, err: expect.stringContaining('is there already') });
    const inUse = await muster('restore', file, '--data-dir', system.dataDir, '--force');
    expect(inUse).toMatchObject({ code: 2, err: expect.stringContaining('is in use by the process') });

    await writeFile(gate('short'), '');
    await system.api.finalRun(short.id, 30);
    await system.server().stop();
    const refused = await muster('restore', file, '--data-dir', system.dataDir);
    expect(refused).toMatchObject({ code: 2, err: expect.stringMatching(/is not empty .* --force/) });
    const restored = await muster('restore', file, '--data-dir', system.dataDir, '--force', '--json');
    expect(restored).toMatchObject({ code: 0, err: '' });
    const { setAside } = JSON.parse(restored.out) as { setAside: string };
    expect(existsSync(join(setAside, 'muster.db'))).toBe(true);
    expect(statSync(join(system.dataDir, 'muster.db')).mode & 0o777).toBe(0o600);

    await system.startServer();
    // the agent comes back by itself
    const isBack = async (): Promise<boolean> =>
      (await system.api.agents()).some(({ name, connected }) => name === 'one' && connected);
    // the longest pause between two of its tries is 30 s
    await eventually('the agent is back', isBack, 60_000);
    for (const id of before) {
      const run = await system.api.get<Run>(`/api/v1/runs/${id}`);
      expect(run.open).toBe(0);
    }
    await writeFile(gate('long'), '');
    // its journal had the one that still ran: what it brings is added, and does not make it run again
    const executions = (await Promise.all([short, long].map(({ id }) => system.api.executionsOf(id)))).flat();
    expect(executions).toMatchObject([
      { state: 'lost', reason: 'restored' },
      { state: 'lost', reason: 'restored' },
    ]);
    expect(existsSync(join(system.dataDir, 'restored.json'))).toBe(false);

    // and new work goes on
    expect((await system.api.finalRun((await post(null)).id, 30)).state).toBe('succeeded');
    const all = readFileSync(starts, 'utf8').trim().split('\n');
    expect(new Set(all).size).toBe(all.length);

    await system.server().stop();
    const database = new BetterSqlite3(join(system.dataDir, 'muster.db'), { readonly: true });
    expect(database.pragma('integrity_check', { simple: true })).toBe('ok');
    database.close();
    await system.startServer();
  }, 120_000);

  it('goes on where it was, if the server did not work after it', async () => {
    const waiting = (await system.api.post<TaskCreated>('/api/v1/tasks', {
      owner: 'ALL', plugin: 'counted', args: { starts, gate: null }, type: 'Interval', everySeconds: 86_400,
    })).task; // biome-ignore format: one task
    await system.server().stop();
    const made = await muster('backup', 'c.db', '--data-dir', system.dataDir);
    expect(made).toMatchObject({ code: 0, out: expect.stringMatching(/c\.db .*checked/) });
    await rename(system.dataDir, `${system.dataDir}.gone`);
    const restored = await muster('restore', 'c.db', '--data-dir', system.dataDir, '--nothing-ran-since');
    expect(restored).toMatchObject({ code: 0, out: expect.stringContaining('go on where they were') });
    await system.startServer();
    expect(await system.api.get(`/api/v1/tasks/${waiting.id}`)).toMatchObject({
      status: 'active',
      nextFireAt: waiting.nextFireAt,
    });
  }, 120_000);
});
