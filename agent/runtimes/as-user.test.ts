import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Json } from '../../shared/json.ts';
import { eventually } from '../../tests/support/eventually.ts';
import { createJobBench, type FinishedJob, type JobBench } from '../../tests/support/jobs.ts';
import { processesWith, uniqueSleep } from '../../tests/support/processes.ts';

const isRoot = process.geteuid?.() === 0;
const withRoot = isRoot ? describe : describe.skip;
const withoutRoot = !isRoot && process.platform !== 'win32' ? describe : describe.skip;

const caller = `
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
export async function main({ file = 'sh', args, cwd, env, user = 'nobody', input, inFolder }, context) {
  const folder = inFolder === undefined ? undefined : await context.workspaceFor(user);
  if (folder !== undefined) writeFileSync(join(folder, 'given'), inFolder, { flag: 'wx', mode: 0o644 });
  const end = await context.spawn(file, args, { user, collect: true, ...(cwd && { cwd }), ...(env && { env }), ...(input && { input }) });
  return { status: 'success', data: { ...end, folder } };
}`;

let bench: JobBench;
let plugin: ReturnType<JobBench['plugin']>;
beforeAll(() => {
  bench = createJobBench();
  plugin = bench.plugin({ 'caller.mjs': caller });
});
afterAll(() => bench.close());

const run = (args: Json): Promise<FinishedJob> => bench.run(plugin, { args });
const sh = (script: string, more: Record<string, string> = {}) => run({ args: ['-c', script], ...more });

withRoot(`a program as another user${isRoot ? '' : ' (NOT TESTED: this needs root)'}`, () => {
  it('has all of that user: numbers, groups, home, name, shell', async () => {
    const expected = execFileSync('sh', ['-c', 'id -u nobody; id -g nobody; id -G nobody'], { encoding: 'utf8' });
    const end = await sh('id -u; id -g; id -G; echo $USER $LOGNAME; echo $HOME');
    expect(end).toMatchObject({ outcome: 'succeeded', data: { exitCode: 0 } });
    const { stdout } = end.data as { stdout: string };
    expect(stdout.startsWith(expected)).toBe(true);
    expect(stdout).toContain('nobody nobody\n');
    expect(stdout).not.toContain(userInfo().homedir);
  });

  it('has the further groups of that user', async () => {
    const groups = execFileSync('getent', ['group'], { encoding: 'utf8' })
      .split('\n')
      .map((line) => line.split(':'));
    const member = groups.find(([, , , members]) => members !== undefined && members !== '')?.[3]?.split(',')[0];
    if (member === undefined) return; // nobody is in a further group on this machine: the test before tells the rest
    const end = await run({ args: ['-c', 'id -G'], user: member });
    expect((end.data as { stdout: string }).stdout).toBe(execFileSync('id', ['-G', member], { encoding: 'utf8' }));
  });

  it('starts in a folder of that user, which is gone afterwards', async () => {
    const end = await sh('echo x > mine && cat given mine && pwd && echo $MUSTER_WORKSPACE', { inFolder: 'given ' });
    const { stdout, folder } = end.data as { stdout: string; folder: string };
    expect(stdout).toBe(`given x\n${folder}\n${folder}\n`);
    expect(existsSync(folder)).toBe(false);
  });

  it('gets its input, its own variables, and what the task sets', async () => {
    const end = await bench.run(plugin, {
      args: { args: ['-c', 'cat; echo "$HOME $A $B"'], input: 'in ', env: { HOME: '/srv', A: 'a' } },
      env: { B: 'b' },
    });
    expect((end.data as { stdout: string }).stdout).toBe('in /srv a b\n');
  });

  it('cannot read what is root’s, nor become root again', async () => {
    const secret = join(bench.folder, 'secret');
    writeFileSync(secret, 'x', { mode: 0o600 });
    const end = await sh(`cat ${secret} 2>&1; cat /etc/shadow 2>&1; id -u`);
    expect((end.data as { stdout: string }).stdout).toMatch(/denied[\s\S]*denied[\s\S]*\n[1-9]\d*\n$/);
  });

  it('says what is wrong', async () => {
    mkdirSync(join(bench.folder, 'closed'), { mode: 0o700 });
    const messages = [
      await run({ args: [], user: 'no-such-user' }),
      await run({ args: [], user: '-u 0' }),
      await run({ file: 'no-such-program', args: [] }),
      await sh('true', { cwd: '/no/such/folder' }),
      await sh('true', { cwd: join(bench.folder, 'closed') }),
      await run({ file: '/etc/shadow', args: [] }),
    ].map(({ outcome, message }) => `${outcome}: ${message}`);
    expect(messages).toEqual([
      'failed: There is no user no-such-user on this host.',
      'failed: "-u 0" is not the name of a user.',
      'failed: The program no-such-program was not found.',
      'failed: The folder /no/such/folder does not exist.',
      `failed: The user nobody may not enter the folder ${join(bench.folder, 'closed')}.`,
      'failed: The user nobody may not run /etc/shadow.',
    ]);
  });

  it('is ended with all that it started', async () => {
    const seconds = uniqueSleep();
    const job = bench.start(plugin, {
      args: { args: ['-c', `(setsid sleep ${seconds} &); trap "" TERM; sleep ${seconds}; sleep ${seconds}`] },
    });
    await eventually('both sleep', () => processesWith(`sleep ${seconds}`).length >= 2);
    job.stop('cancel', 1);
    expect(await job.done).toMatchObject({ outcome: 'cancelled' });
    expect(processesWith(seconds)).toEqual([]);
    expect(readdirSync(tmpdir()).filter((name) => name.startsWith(`muster-${job.job.execution}-`))).toEqual([]);
  });
});

withoutRoot(`without root${isRoot ? ' (NOT TESTED: this runs as root)' : ''}`, () => {
  it('another user is refused, and one’s own is not', async () => {
    expect(await run({ args: [], user: 'daemon' })).toMatchObject({
      outcome: 'failed',
      message: expect.stringContaining('runs as root'),
    });
    expect(await run({ args: ['-c', 'true'], user: userInfo().username })).toMatchObject({ data: { exitCode: 0 } });
  });
});
