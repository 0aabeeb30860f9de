import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from './support/eventually.ts';
import { exitOf } from './support/exit-of.ts';
import {
  before,
  childrenOf,
  deaf,
  filesIn,
  healthy,
  makeStarterHost,
  next,
  runs,
  type StarterHost,
  starterScript,
} from './support/installed-starter.ts';
import { isThere, posixShells } from './support/shells.ts';

const folder = mkdtempSync(join(tmpdir(), 'muster-starter-'));
const shells = process.platform === 'linux' ? posixShells(join(folder, 'busybox')) : [];
if (!shells.some(({ name }) => name.startsWith('busybox')))
  console.warn('NOT TESTED: the starter of the agent under busybox, which is not installed.');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const itWithShellcheck = isThere('shellcheck') ? it : it.skip;
itWithShellcheck('the starter is without fault to shellcheck', async () => {
  const file = join(folder, 'start-agent');
  writeFileSync(file, await starterScript('/opt/muster-agent/bin', '/var/lib/muster-agent'));
  expect(spawnSync('shellcheck', ['-s', 'sh', file], { encoding: 'utf8' })).toMatchObject({ status: 0, stdout: '' });
});

describe.each(shells)('the starter of the agent under $name', (shell) => {
  let host: StarterHost;
  beforeEach(async () => {
    host = await makeStarterHost(mkdtempSync(join(folder, 'host-')), shell);
  });
  afterEach(() => host.close());

  const code = (number: number): string => `exit ${number}`;

  it('becomes the agent where no update is under way', async () => {
    const starter = host.start();
    const start = await host.nextStart(1);
    expect(start).toEqual({ name: before, pid: starter.pid, parent: process.pid, starter: starter.pid });
  });

  it('does not start an agent that waits for a person over and over, where the service manager does not know', async () => {
    writeFileSync(join(host.data, 'state.json'), '{"state":"ended","why":"Revoked.","code":"agent_revoked","pid":1}\n');
    const { pid = 0 } = host.start();
    let waiting = '';
    await eventually('it waits', () => {
      waiting = childrenOf(pid);
      return waiting !== '' && readFileSync(`/proc/${waiting}/cmdline`, 'utf8').endsWith('sleep\0' + '60\0');
    });
    expect(host.starts()).toEqual([]);
    process.kill(Number(waiting), 'SIGKILL');
    await host.nextStart(1);
    // systemd knows by the exit code, and starts it only when somebody says so
    host.startWith({ INVOCATION_ID: 'abc' });
    await host.nextStart(2);
  });

  it('stays beside a new agent that becomes healthy, hands signals on to it and ends with its exit code', async () => {
    host.version(next, healthy.replace('exit 0', 'exit 7'));
    host.switching();
    const starter = host.start();
    const start = await host.nextStart(1);
    expect(start).toMatchObject({ name: next, parent: starter.pid, starter: starter.pid });
    await eventually('it is healthy', () => host.state()?.state === 'healthy');
    // the watcher ends by itself
    await eventually('nothing else is left', () => childrenOf(starter.pid ?? 0) === String(start.pid));
    starter.kill('SIGTERM');
    expect(await exitOf(starter, () => '')).toEqual([7, null]);
    expect(host.current()).toBe(next);
  });

  it.each([1, 78])(
    'puts the one before back when the new one ends at once with exit code %i',
    async (number) => {
      host.version(next, code(number));
      host.version(before, 'exec sleep 1000');
      host.switching();
      const starter = host.start();
      const back = await host.nextStart(4);
      expect(host.starts().map(({ name }) => name)).toEqual([next, next, next, before]);
      expect(host.current()).toBe(before);
      const message = `The agent 2.0.0 ended again and again before it was Online (exit code ${number} at the last). The one before it, 1.0.0, was put back.`;
      expect(host.state()).toEqual({ update: 'upd_1', state: 'rolled_back', message });
      // it is the starter again, and has no child that it does not know
      expect(back.pid).toBe(starter.pid);
      await eventually('it has no child', () => childrenOf(back.pid) === '');
      expect(filesIn(join(host.data, 'update'))).toEqual(['state']);
    },
    30_000,
  );

  it('puts the one before back when the new one is not Online in time, with what it said', async () => {
    host.version(next, `echo '{"state":"waiting","why":"No certificate.","code":null}' >"$2/state.json"\n${runs}`);
    host.switching(1);
    host.start();
    await host.nextStart(2);
    expect(host.starts().map(({ name }) => name)).toEqual([next, before]);
    expect(host.state()).toMatchObject({
      state: 'rolled_back',
      message: expect.stringContaining(
        'The agent 2.0.0 was not Online within 1 s. It said: No certificate. The one before it, 1.0.0, was put back.',
      ),
    });
  }, 30_000);

  it('kills a new one that hangs', async () => {
    host.version(next, deaf);
    host.switching(1);
    host.start();
    await host.nextStart(2);
    expect(host.current()).toBe(before);
  }, 40_000);

  it.each([
    ['cannot be executed', (file: string) => chmodSync(file, 0o644)],
    ['is gone', (file: string) => unlinkSync(file)],
  ])('puts the one before back at once when the new one %s', async (_, spoil) => {
    host.version(next, runs);
    host.switching();
    spoil(join(host.bin, next));
    host.start();
    await host.nextStart(1);
    expect(host.starts().map(({ name }) => name)).toEqual([before]);
    expect(host.state()).toMatchObject({ state: 'rolled_back', message: expect.stringContaining('cannot be executed') });
  });

  it('keeps the new one when the one before is gone, and says so', async () => {
    host.version(
      next,
      `[ -e "$2/tries" ] && { ${runs}\n}\ntouch "$2/tries-$$"; set -- "$2"/tries-*; [ $# -lt 3 ] || touch "\${1%/*}/tries"; exit 1`,
    );
    host.switching();
    unlinkSync(join(host.bin, before));
    host.start();
    await host.nextStart(4);
    expect(host.current()).toBe(next);
    expect(host.state()).toMatchObject({ state: 'failed', message: expect.stringContaining('is not there any more') });
  }, 30_000);

  it('counts the starts of all its lives: each is killed with its agent', async () => {
    host.version(next, runs);
    host.switching();
    for (const life of [1, 2, 3]) {
      const starter = host.start();
      const { pid } = await host.nextStart(life);
      starter.kill('SIGKILL');
      process.kill(pid, 'SIGKILL');
      await once(starter, 'exit');
    }
    host.start();
    expect(await host.nextStart(4)).toMatchObject({ name: before });
    expect(host.state()).toMatchObject({ state: 'rolled_back' });
  }, 30_000);

  it('forgets an update whose host went down before it was switched', async () => {
    host.version(next, runs);
    host.switching();
    host.point(before);
    host.start();
    expect(await host.nextStart(1)).toMatchObject({ name: before });
    expect(host.state()).toBeUndefined();
    expect(filesIn(join(host.data, 'update')).filter((name) => name === 'state')).toEqual([]);
  });

  it('notes an update whose host went down while it was taken back', async () => {
    host.version(next, runs);
    host.switching();
    unlinkSync(join(host.data, 'update/start-1'));
    host.point(before);
    host.start();
    expect(await host.nextStart(1)).toMatchObject({ name: before });
    expect(host.state()).toMatchObject({
      state: 'rolled_back',
      message: 'The update to 2.0.0 was cut off, and 1.0.0 was put back.',
    });
  });

  it('does not follow a record that leads out of its folder', async () => {
    host.version(next, runs);
    host.switching();
    writeFileSync(join(host.data, 'update/state'), 'update u\nstate switching\nnext ../../bin/sh\nbefore x\nseconds 5\n');
    host.start();
    expect(await host.nextStart(1)).toMatchObject({ name: next });
  });

  it('told to stay, starts the agent again for an update alone, and ends with it otherwise', async () => {
    const switches = `printf 'update upd_1\\nstate switching\\nnext ${next}\\nbefore ${before}\\nseconds 60\\n' >"$2/update/state"; touch "$2/update/start-1"; ln -sf ${next} ${host.bin}/muster-agent; exit 0`;
    mkdirSync(join(host.data, 'update'));
    host.version(before, switches);
    host.version(next, healthy);
    const starter = host.start('--stay');
    const start = await host.nextStart(2);
    expect(start).toMatchObject({ name: next, parent: starter.pid, starter: starter.pid });
    await eventually('it is healthy', () => host.state()?.state === 'healthy');
    process.kill(start.pid, 'SIGKILL');
    expect(await exitOf(starter, () => '')).toEqual([137, null]);
    expect(host.starts()).toHaveLength(2);
  }, 30_000);

  it('watches each of several updates in one life', async () => {
    const third = 'muster-agent-3.0.0-cccccccccccc';
    const versions = 'next-version 3.0.0\\nbefore-version 2.0.0';
    const record = `update upd_2\\nstate switching\\nnext ${third}\\nbefore ${next}\\n${versions}\\nseconds 1\\n`;
    const switches = `for n in 1 2 3; do touch "$2/update/start-$n"; done; printf '${record}' >"$2/update/state"; ln -sf ${third} ${host.bin}/muster-agent; exit 0`;
    // healthy at once, and at its second start it goes on
    host.version(next, `[ -e "$2/again" ] && { ${runs}\n}\ntouch "$2/again"\n${healthy.split('\n')[0]}\n${switches}`);
    host.version(third, runs);
    host.switching();
    const starter = host.start();
    const back = await host.nextStart(3);
    expect(host.starts().map(({ name }) => name)).toEqual([next, third, next]);
    expect(host.state()).toMatchObject({
      update: 'upd_2',
      message: 'The agent 3.0.0 was not Online within 1 s. The one before it, 2.0.0, was put back.',
    });
    expect(back.pid).toBe(starter.pid);
  }, 30_000);

  it('told to stop in the middle of an update, stops, and goes on with it at the next start', async () => {
    host.version(next, runs);
    host.switching();
    const first = host.start();
    await host.nextStart(1);
    first.kill('SIGTERM');
    expect(await exitOf(first, () => '')).toEqual([0, null]);
    expect(host.state()).toMatchObject({ state: 'switching' });
    host.start();
    expect(await host.nextStart(2)).toMatchObject({ name: next });
  }, 30_000);

  const itAsRoot = process.geteuid?.() === 0 ? it : it.skip;
  itAsRoot(
    'puts the one before back on a disk without any space',
    async () => {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', host.data]);
      try {
        host.version(next, code(1));
        host.switching();
        spawnSync('sh', ['-c', `cat /dev/zero >${host.data}/filling`], { stdio: 'ignore' });
        host.start();
        expect(await host.nextStart(4)).toMatchObject({ name: before });
        expect(host.current()).toBe(before);
        // there is no room for the sentence
        expect(host.state()?.state).not.toBe('switching');
      } finally {
        await host.end();
        execFileSync('umount', [host.data]);
      }
    },
    30_000,
  );
});
