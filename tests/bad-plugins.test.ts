import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { findProgram } from '../agent/execution/find-program.ts';
import type { Execution } from '../shared/api/executions.ts';
import type { Problem } from '../shared/errors.ts';
import { createJobBench, type JobBench } from './support/jobs.ts';
import { type System, startSystem } from './support/system.ts';

/**
 * What an author can get wrong, through a real server and agent: each ends in a state, with a sentence that says what to do. A plugin that is
 * edited while it runs is in plugin-sync.test.ts.
 */
const seconds = 40_000 + (process.pid % 10_000);

const execManifest = (name: string): string =>
  JSON.stringify({ name, version: '1.0.0', runtime: 'exec', entry: 'main', actions: { main: {} } });

const plugins = {
  'throws.js': 'export async function main() {\n  console.log("so far");\n  throw new TypeError("no such host");\n}\n',
  'throws_later.js': 'export const main = () => new Promise(() => setTimeout(() => { throw new Error("too late") }, 20));\n',
  'exits_137.sh': 'exit 137\n',
  'says_nothing.sh': 'exit 0\n',
  'returns_nothing.py': 'def main():\n    pass\n',
  'two_results.sh':
    'echo \'::muster:: {"type":"result","status":"success","message":"first"}\'\necho \'::muster:: {"type":"result","status":"failed","message":"second"}\'\n',
  'prints_200_mb.py':
    'import sys\n\ndef main():\n    sys.stdout.write("begin\\n")\n    for _ in range(3200):\n        sys.stdout.write("x" * 65535 + "\\n")\n    sys.stdout.write("end\\n")\n',
  'closes_stdout.sh': 'echo begin\nexec >&- 2>&-\nsleep 0.3\nexit 4\n',
  'ignores_term.sh': `trap "" TERM\necho started\nwhile :; do sleep 0.05; done\n`,
  'forks_away.py': `import os, time\n\ndef main():\n    if os.fork() == 0:\n        os.setsid()\n        if os.fork() == 0:\n            os.execvp("sleep", ["sleep", "${seconds}"])\n        os._exit(0)\n    os.wait()\n    time.sleep(0.2)\n    return {"status": "success", "message": "forked"}\n`,
  'leaves_children.sh': `sleep ${seconds} &\nnohup sleep ${seconds} > /dev/null 2>&1 &\nsleep 0.1\necho done\n`,
  'circular.js': 'export function main() {\n  const value = {};\n  value.itself = value;\n  return value;\n}\n',
  'a_function.js': 'export const main = () => () => 1;\n',
  'no_json.py': 'def main():\n    return {"status": "success", "data": object()}\n',
  'syntax.js': 'export function main() {\n  return {;\n}\n',
  'syntax_ts.ts': 'type A = { a: number };\nexport function main(a: A): number {\n  return a.;\n}\n',
  'syntax_py.py': 'def main():\n    retrun 1\n',
  'syntax_sh.sh': 'if true; then\n  echo one\n',
  'no_interpreter/plugin.json': execManifest('no_interpreter'),
  'no_interpreter/main': '#!/usr/bin/no-such-interpreter\necho hello\n',
  'needs_powershell.ps1': 'Write-Output hello\n',
  'strict/plugin.json': JSON.stringify({
    name: 'strict', version: '1.0.0', runtime: 'bash', entry: 'main.sh',
    actions: { main: { args: { type: 'array', prefixItems: [{ type: 'integer', maximum: 9 }], minItems: 1 } } },
  }), // biome-ignore format: one value
  'strict/main.sh': 'echo "$2"\n',
};

let system: System;
beforeAll(async () => {
  system = await startSystem({ plugins });
  await system.startAgent('bad');
});
afterAll(() => system?.dispose());

type Ran = Execution & { readonly log: string };

async function run(plugin: string, more: object = {}): Promise<Ran> {
  const { id } = await system.api.runTask({ owner: 'bad', plugin, ...more });
  const [execution] = await system.api.executionsOf(id);
  return { ...(execution as Execution), log: await system.api.log(execution?.id ?? '') };
}

const sleepers = (): number => {
  const all = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const lineOf = (pid: string): string => {
    try {
      return execFileSync('cat', [`/proc/${pid}/cmdline`], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    } catch {
      return '';
    }
  };
  return all.filter((pid) => lineOf(pid) === `sleep\0${seconds}\0`).length;
};

describe('a plugin that', () => {
  it.each<[string, string, object]>([
    ['throws', 'throws', { state: 'failed', reason: 'plugin_error', message: 'TypeError: no such host', log: expect.stringMatching(/^so far\nTypeError: no such host\n\s+at main .*throws\.js:3/) }],
    ['throws when its function has begun to wait', 'throws_later', { state: 'failed', reason: 'plugin_error', message: expect.stringMatching(/nobody caught it: too late/) }],
    ['exits with 137', 'exits_137', { state: 'failed', reason: 'exit_code', exitCode: 137, message: expect.stringMatching(/exit code 137: SIGKILL, .*memory ran out/) }],
    ['prints no result', 'says_nothing', { state: 'succeeded', exitCode: 0, message: 'The program ended with exit code 0.', data: null }],
    ['returns no result', 'returns_nothing', { state: 'succeeded', message: 'The work finished.', data: null }],
    ['prints two results', 'two_results', { state: 'failed', reason: 'status_failed', message: 'second', log: '[muster] It printed more than one result; the last one counts.\n' }],
    ['closes its output early', 'closes_stdout', { state: 'failed', reason: 'exit_code', exitCode: 4, log: 'begin\n' }],
    ['returns what refers to itself', 'circular', { state: 'failed', reason: 'plugin_error', message: expect.stringMatching(/^The function returned what cannot be written as JSON: .*circular/) }],
    ['returns a function', 'a_function', { state: 'failed', reason: 'plugin_error', message: 'The function returned what cannot be written as JSON: a function.' }],
    ['returns an object of its own in Python', 'no_json', { state: 'failed', reason: 'plugin_error', message: 'The function returned what cannot be written as JSON: a object.' }],
    ['has a syntax error in JavaScript', 'syntax', { state: 'failed', reason: 'plugin_error', message: "SyntaxError: Unexpected token ';' (syntax.js:2)", log: expect.stringMatching(/^SyntaxError: .*at syntax\.js:2\n$/s) }],
    ['has a syntax error in TypeScript', 'syntax_ts', { state: 'failed', reason: 'plugin_error', message: expect.stringMatching(/^SyntaxError: .*\(syntax_ts\.ts:3\)$/s), log: expect.not.stringContaining('ExperimentalWarning') }],
    ['has a syntax error in Python', 'syntax_py', { state: 'failed', reason: 'plugin_error', message: expect.stringMatching(/^SyntaxError: invalid syntax/), log: expect.stringMatching(/syntax_py\.py", line 2\n\s+retrun 1\n/) }],
    ['has a syntax error in bash', 'syntax_sh', { state: 'failed', reason: 'exit_code', exitCode: 2, log: expect.stringMatching(/syntax_sh\.sh: line 3: syntax error: unexpected end of file/) }],
    ['names an interpreter that the host lacks', 'no_interpreter', { state: 'rejected', reason: 'runtime_missing', message: expect.stringMatching(/^The interpreter that the first line of .*main names was not found on this host\.$/) }],
  ])('%s', async (_what, plugin, end) => {
    expect(await run(plugin)).toMatchObject(end);
  }); // biome-ignore format: a table

  (findProgram(['pwsh', 'powershell'], process.env as Record<string, string>) === undefined ? it : it.skip)(
    'needs a runtime that the host lacks (skipped where PowerShell is installed)',
    async () => {
      expect(await run('needs_powershell')).toMatchObject({
        state: 'rejected',
        reason: 'runtime_missing',
        message: 'PowerShell was not found on this host: install PowerShell 7 (`pwsh`).',
      });
    },
  );

  it('prints 200 MB has its head and its tail kept, and the cut between them is marked with its size', async () => {
    const { id } = await system.api.runTask({ owner: 'bad', plugin: 'prints_200_mb', outputLimitBytes: 1_000_000 });
    await system.api.finalRun(id, 120);
    const [execution] = await system.api.executionsOf(id);
    const log = await system.api.log(execution?.id ?? '');
    expect(execution).toMatchObject({ state: 'succeeded', logBytes: expect.any(Number), cutBytes: expect.any(Number) });
    expect((execution?.cutBytes ?? 0) > 200_000_000).toBe(true);
    expect(log.startsWith('begin\nxxx')).toBe(true);
    expect(log.endsWith('xxx\nend\n')).toBe(true);
    expect(log.length).toBeLessThan(1_100_000);
  }, 150_000);

  it('ignores SIGTERM is killed after the grace time', async () => {
    expect(await run('ignores_term', { timeoutSeconds: 0.5, graceSeconds: 0.3 })).toMatchObject({
      state: 'timed_out',
      reason: 'time_limit',
      message: 'The time limit of 0.5 s passed. Its process tree was killed.',
      log: 'started\n',
    });
  });

  it.each([
    ['forks away', 'forks_away', 'forked', /Ended 1 process left behind in the background: sleep \(\d+\)\./],
    ['leaves children in the background', 'leaves_children', 'The program ended with exit code 0.', /Ended 2 processes left behind in the background: sleep/],
  ])('%s leaves nothing running, and its log says what was ended', async (_what, plugin, message, words) => {
    expect(await run(plugin)).toMatchObject({ state: 'succeeded', message, log: expect.stringMatching(words) });
    expect(sleepers()).toBe(0);
  }); // biome-ignore format: a table

  it('is given arguments that break its schema does not start, and the argument is named', async () => {
    const refused = await system.api.send('POST', '/api/v1/tasks', { owner: 'bad', plugin: 'strict', args: [10] });
    expect([refused.status, refused.json]).toEqual([
      422,
      expect.objectContaining({ code: 'args_invalid', field: 'args.0', detail: 'args.0 must be <= 9.' }),
    ]);
  });
});

describe('a plugin that is pushed', () => {
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const manifest = { name: 'pushed', version: '1.0.0', runtime: 'bash', entry: 'main.sh', actions: { main: {} } };
  const push = async (name: string, files: Record<string, string>): Promise<Problem & { readonly was: number }> => {
    const body = { files: Object.entries(files).map(([path, text]) => ({ path, base64: base64(text) })) };
    const answer = await system.api.send('PUT', `/api/v1/plugins/${encodeURIComponent(name)}`, body);
    return { ...(answer.json as Problem), was: answer.status };
  };

  it.each<[string, string, Record<string, string>, object]>([
    ['with ../ in its name', '../../etc', { 'plugin.json': JSON.stringify({ ...manifest, name: '../../etc' }), 'main.sh': '' }, { was: 422, field: 'name', detail: expect.stringMatching(/Use lower-case letters, digits, dash and underscore/) }],
    ['with ../ in the name of its manifest', 'pushed', { 'plugin.json': JSON.stringify({ ...manifest, name: '../pushed' }), 'main.sh': '' }, { was: 422, field: 'name', detail: expect.stringMatching(/^plugin\.json, name: Use lower-case letters/) }],
    ['with ../ in the path of a file', 'pushed', { 'plugin.json': JSON.stringify(manifest), 'main.sh': '', '../../.profile': '' }, { was: 422, field: 'files.2.path', detail: expect.stringMatching(/without `\.\.`/) }],
    ['with ../ in its entry', 'pushed', { 'plugin.json': JSON.stringify({ ...manifest, entry: '../main.sh' }), 'main.sh': '' }, { was: 422, field: 'entry', detail: 'The entry file ../main.sh is not among the files.' }],
    ['with unknown fields in its manifest', 'pushed', { 'plugin.json': JSON.stringify({ ...manifest, entryPoint: 'main.sh' }), 'main.sh': '' }, { was: 422, field: 'entryPoint', detail: expect.stringMatching(/plugin\.json, entryPoint: The field is not known\. Known here: name, version/) }],
    ['larger than the limit', 'pushed', { 'plugin.json': JSON.stringify(manifest), 'main.sh': '#'.repeat(16 * 1024 * 1024) }, { was: 422, detail: expect.stringMatching(/^The bundle has 21\.3 MiB; at most 20 MiB are possible/) }],
  ])('%s is refused, and told why', async (_what, name, files, problem) => {
    expect(await push(name, files)).toMatchObject(problem);
  }); // biome-ignore format: a table
});

describe('a plugin that fills its workspace', () => {
  const mount = (folder: string): void =>
    void execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'ignore' });
  const canMount = ((): boolean => {
    const probe = mkdtempSync(join(tmpdir(), 'muster-small-'));
    try {
      mount(probe);
      execFileSync('umount', [probe]);
      return true;
    } catch {
      return false;
    } finally {
      rmSync(probe, { recursive: true });
    }
  })();
  let bench: JobBench;
  let disk: string | undefined;
  beforeAll(() => {
    bench = createJobBench();
    if (!canMount) return;
    disk = mkdtempSync(join(tmpdir(), 'muster-small-'));
    mount(disk);
  });
  afterAll(async () => {
    await bench.close();
    if (disk === undefined) return;
    execFileSync('umount', [disk]);
    rmSync(disk, { recursive: true });
  });

  const fill = 'import os\n\ndef main():\n    with open("big", "wb") as file:\n        file.write(b"x" * 4_000_000)\n';
  const fillAndGoOn =
    'import os\n\ndef main():\n    try:\n        with open("big", "wb", 0) as file:\n            while True:\n                file.write(b"x")\n    except OSError:\n        return {"status": "success"}\n';
  const onSmallDisk = canMount ? it : it.skip;

  onSmallDisk.each([
    ['has failed with that, and the log says where', fill, { outcome: 'failed', reason: 'plugin_error', message: 'OSError: [Errno 28] No space left on device', err: expect.stringMatching(/Traceback .*OSError: \[Errno 28\]/s) }],
    ['and goes on has its result, which needs no room there', fillAndGoOn, { outcome: 'succeeded', reason: 'finished' }],
  ])('%s, and leaves it empty (skipped where a small disk cannot be mounted)', async (_what, source, how) => {
    const plugin = bench.plugin({ 'fills.py': source });
    expect(await bench.run(plugin, { workspace: join(disk ?? '', 'workspace') })).toMatchObject(how);
    expect(readdirSync(disk ?? '')).toEqual([]);
  }); // biome-ignore format: a table
});
