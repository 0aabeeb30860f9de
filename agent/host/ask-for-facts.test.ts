import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '../../tests/support/eventually.ts';
import { systemClock } from '../clock.ts';
import { baseEnvironment } from '../execution/environment.ts';
import { isAlive } from '../process-start.ts';
import { selfCommand } from '../self-command.ts';
import { askForFacts } from './ask-for-facts.ts';

describe('the program that finds facts', () => {
  let folder: string;
  let cancel: AbortController;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'muster-facts-'));
    cancel = new AbortController();
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const ask = (command: { file: string; args: string[] }, patienceMs = 20_000) =>
    askForFacts({ command, env: baseEnvironment(process.env, 'test'), clock: systemClock, signal: cancel.signal, patienceMs });

  /** Runs a program of the test's own in its place. */
  function askProgram(text: string, patienceMs?: number) {
    const path = join(folder, 'program.cjs');
    writeFileSync(path, text);
    return ask({ file: process.execPath, args: [path] }, patienceMs);
  }

  const pidFrom = (file: string): number => {
    try {
      return Number(readFileSync(join(folder, file), 'utf8'));
    } catch {
      return 0;
    }
  };
  const writesPid = (file: string): string =>
    `require('node:fs').writeFileSync(${JSON.stringify(join(folder, file))}, String(process.pid));`;

  it('tells more of this host than is cheap to know, under few keys, and nothing that names the one machine', async () => {
    const facts = await ask(selfCommand('host-facts'));
    expect(facts).toMatchObject({
      os: process.platform,
      agent_version: expect.any(String),
      os_distro: expect.any(String),
      virtual: expect.any(Boolean),
      cpu_physical_cores: expect.any(Number),
      disk_gb: expect.any(Number),
      timezone: expect.any(String),
    });
    expect(Object.keys(facts).length).toBeLessThanOrEqual(30);
    expect(Object.keys(facts).filter((key) => /serial|uuid|mac\b|uptime/.test(key))).toEqual([]);
  });

  it.each([
    ['prints garbage', 'console.log("Segmentation fault")', /no facts/],
    ['prints what are no facts', 'console.log(JSON.stringify({ disks: [1, 2] }))', /no facts/],
    ['prints nothing', '', /no facts/],
    ['prints without end', 'setInterval(() => console.log("x".repeat(1000)), 1)', /more than 65536/],
    ['fails', 'console.log("{}"); process.exit(3)', /exit code 3/],
    ['is killed', 'process.kill(process.pid, "SIGKILL")', /SIGKILL/],
  ])('is not believed when it %s', async (_what, text, message) => {
    await expect(askProgram(text)).rejects.toThrow(message);
  });

  it('that is not there is an error like any other', async () => {
    await expect(ask({ file: join(folder, 'absent'), args: [] })).rejects.toThrow(/could not be started/);
  });

  it('that hangs is killed after a while, with what it started', async () => {
    const child = `${writesPid('child')} setInterval(() => {}, 1000)`;
    const asked = askProgram(
      `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(child)}]); setInterval(() => {}, 1000)`,
      1500,
    );
    await expect(asked).rejects.toThrow('no answer within 1.5 s');
    await eventually('its child is gone', () => pidFrom('child') > 0 && !isAlive(pidFrom('child')));
  });

  it('ends with the agent', async () => {
    const asked = askProgram(`${writesPid('program')} setInterval(() => {}, 1000)`);
    const refused = expect(asked).rejects.toThrow(/not waited for/);
    await eventually('it runs', () => pidFrom('program') > 0);
    cancel.abort();
    await refused;
    await eventually('it is gone', () => !isAlive(pidFrom('program')));
  });
});
