import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { defaultManifest } from '../../shared/plugin-manifest.ts';
import { eventually } from '../../tests/support/eventually.ts';
import { createJobBench, type JobBench } from '../../tests/support/jobs.ts';
import { processesWith, uniqueSleep } from '../../tests/support/processes.ts';
import { openAgentFolder } from '../agent-folder.ts';

let bench: JobBench;

beforeAll(() => {
  bench = createJobBench();
});
afterAll(() => bench.close());

const plugin = (text: string, file = 'plugin.js') => bench.plugin({ [file]: text });

describe('a node plugin', () => {
  it.each([
    ['a module', 'plugin.mjs', 'export async function main(args) { return { got: args } }'],
    ['CommonJS', 'plugin.cjs', 'module.exports = { main: (args) => ({ got: args }) }'],
    ['CommonJS that exports one function', 'plugin.cjs', 'module.exports = (args) => ({ got: args })'],
    ['TypeScript', 'plugin.ts', 'type A = string[];\nexport const main = (args: A): { got: A } => ({ got: args })'],
    [
      'a plain .js with import',
      'plugin.js',
      'import { join } from "node:path"; export const main = (args) => ({ got: args.slice(0, join("a").length) })',
    ],
    [
      'a plain .js with require',
      'plugin.js',
      'const { join } = require("node:path"); exports.main = (args) => ({ got: args.slice(0, join("a").length) })',
    ],
    ['a module that awaits at its top', 'plugin.mjs', 'await 1; export default { main: (args) => ({ got: args }) }'],
  ])('may be %s', async (_what, file, text) => {
    expect(await bench.run(plugin(text, file), { args: ['x'] })).toMatchObject({
      outcome: 'succeeded',
      data: { got: ['x'] },
      all: '',
    });
  });

  it('is taken for a module or CommonJS by its own text, wherever the folder of the agent lies', async () => {
    writeFileSync(join(bench.folder, 'package.json'), '{ "type": "module" }');
    const { plugins } = openAgentFolder(join(bench.folder, 'agent'));
    writeFileSync(join(plugins, 'common.js'), 'exports.main = () => typeof require');
    writeFileSync(join(plugins, 'module.js'), 'export const main = () => typeof require');
    for (const [entry, data] of [
      ['common.js', 'function'],
      ['module.js', 'undefined'],
    ] as const) {
      const plugin = bench.installed(plugins, defaultManifest('plain', entry, 'node', []));
      expect(await bench.run(plugin)).toMatchObject({ outcome: 'succeeded', data, all: '' });
    }
    rmSync(join(bench.folder, 'package.json'));
  });

  it('imports its own files', async () => {
    const two = bench.plugin({
      'index.ts': 'import { name } from "./lib/name.ts"; export const main = () => name',
      'lib/name.ts': 'export const name: string = "inner"',
    });
    expect(await bench.run(two)).toMatchObject({ data: 'inner' });
  });

  it('has an action for each exported function', async () => {
    const two = plugin('export const one = () => 1; export const two = () => 2; export const three = 3');
    expect(await bench.run(two, { action: 'two' })).toMatchObject({ data: 2 });
    expect(await bench.run(two, { action: 'three' })).toMatchObject({
      outcome: 'failed',
      message: 'The plugin exports no function three.',
    });
  });

  it('gets what the contract promises', async () => {
    const end = await bench.run(
      plugin(`import { readdirSync, writeFileSync } from 'node:fs';
        export function main(args, context) {
          context.progress(0.25, 'quarter'); context.progress(7); context.progress(NaN); context.log('a line'); context.log('restarted', { service: 'nginx' });
          const files = readdirSync(context.workspace); writeFileSync(context.workspace + '/left', '');
          const { executionId, attempt, action, agentName, env, workspace } = context;
          return { executionId, attempt, action, agentName, workspace, files, own: env.OWN, seen: process.env.OWN, token: process.env.MUSTER_JOIN_TOKEN ?? null, aborted: context.signal.aborted };
        }`),
      { env: { OWN: 'mine' } },
    );
    const { execution, workspace } = end.job;
    expect(end.data).toEqual({
      executionId: execution,
      attempt: 1,
      action: 'main',
      agentName: 'bench',
      workspace,
      files: [],
      own: 'mine',
      seen: 'mine',
      token: null,
      aborted: false,
    });
    expect(end).toMatchObject({
      log: 'a line\nrestarted service=nginx\n',
      progress: [
        { fraction: 0.25, text: 'quarter' },
        { fraction: 1, text: '' },
      ],
    });
    expect(existsSync(workspace)).toBe(false);
  });

  it('fails with what it throws, and the stack in the log', async () => {
    const end = await bench.run(
      plugin('export function main() { deeper() }\nfunction deeper() { throw new TypeError("no such thing") }'),
    );
    expect(end).toMatchObject({ outcome: 'failed', reason: 'plugin_error', message: 'TypeError: no such thing' });
    expect(end.err).toMatch(/^TypeError: no such thing\n {4}at deeper .*plugin\.js:2:\d+\)\n {4}at main .*plugin\.js:1:26\)\n$/);
  });

  it.each([
    ['does not parse', 'export function main() {', /^SyntaxError/],
    ['imports what is not there', 'import "./nothing.js"; export const main = 1', /Cannot find module/],
    ['throws something else than an error', 'export function main() { throw "just text" }', /^just text$/],
    [
      'leaves a rejection to nobody',
      'export function main() { Promise.reject(new Error("forgotten")); return new Promise(() => setTimeout(() => {}, 60000)) }',
      /^A promise was rejected and nobody caught it: forgotten$/,
    ],
    [
      'throws in a callback',
      'export function main() { setTimeout(() => { throw new RangeError("late") }, 1); return new Promise(() => {}) }',
      /^An error was thrown and nobody caught it: RangeError: late$/,
    ],
    ['ends its process', 'export function main() { process.exit(3) }', /^The plugin called process\.exit\(3\)/],
    [
      'is killed',
      'export function main() { process.kill(process.pid, "SIGKILL"); return new Promise(() => {}) }',
      /^The plugin's process was ended by SIGKILL/,
    ],
    ['returns a function', 'export function main() { return () => 1 }', /cannot be written as JSON: a function\.$/],
    [
      'returns a BigInt',
      'export function main() { return { n: 1n } }',
      /cannot be written as JSON: TypeError: Do not know how to serialize a BigInt/,
    ],
    [
      'returns a circle',
      'export function main() { const a = {}; a.a = a; return a }',
      /cannot be written as JSON: TypeError: Converting circular/,
    ],
    ['returns far too much', 'export function main() { return "x".repeat(5_000_000) }', /too much|write so much/],
    ['returns too much', 'export function main() { return "x".repeat(2_000_000) }', /at most 1048576 fit/],
    [
      'writes nonsense to the channel of the runner',
      'import { writeSync } from "node:fs"; export function main() { writeSync(3, "nonsense\\n[\\"end\\"]\\n"); throw new Error("still here") }',
      /^still here$/,
    ],
  ])('that %s fails with a sentence', async (_what, text, message) => {
    expect(await bench.run(plugin(text, 'plugin.mjs'))).toMatchObject({
      outcome: 'failed',
      reason: 'plugin_error',
      message: expect.stringMatching(message),
    });
  });

  it('may return nothing', async () => {
    expect(await bench.run(plugin('export async function main() {}'))).toMatchObject({
      outcome: 'succeeded',
      data: null,
      exitCode: null,
    });
  });
});

describe('the output of a node plugin', () => {
  it('keeps its order over console, stdout and stderr', async () => {
    const end = await bench.run(
      plugin(
        'export function main(args, { log }) { console.log("one", 1); console.error("two"); process.stdout.write("thr"); log("between"); process.stdout.write(Buffer.from("ee €\\n")) }',
      ),
    );
    expect(end.all).toMatch(/^one 1\ntwo\nthrbetween\nee €\n$/);
  });

  it('includes that of programs it starts in any way, whole and before the end', async () => {
    const end = await bench.run(
      plugin(`import { execSync, spawnSync, spawn } from 'node:child_process';
        export async function main() {
          execSync('echo sync; echo loud >&2', { stdio: 'inherit' });
          spawnSync('head', ['-c', '300000', '/dev/zero'], { stdio: 'inherit' });
          await new Promise((resolve) => spawn('echo', ['async'], { stdio: 'inherit' }).on('exit', resolve));
        }`),
    );
    expect(end.out.replace(/\u2400+/, (zeros) => `<${zeros.length}>`)).toBe('sync\n<300000>async\n');
    expect(end.err).toBe('loud\n');
  });

  it('stays with its own execution when the process serves several', async () => {
    const talker = plugin(`import { execSync } from 'node:child_process';
      export function main([n]) { console.log('begin ' + n); execSync('echo ' + n, { stdio: 'inherit' }); console.log('end ' + n) }`);
    for (const n of [1, 2, 3]) {
      const end = await bench.run(talker, { args: [n] });
      expect(end.out.split('\n').sort()).toEqual(['', String(n), `begin ${n}`, `end ${n}`]);
    }
  });

  it('through a context of an execution that is over goes nowhere', async () => {
    const keeper = plugin(`let first;
      export function main(args, context) { first ??= context; first.log('old'); first.progress(1); context.log('new') }`);
    expect(await bench.run(keeper)).toMatchObject({ log: 'old\nnew\n' });
    expect(await bench.run(keeper)).toMatchObject({ outcome: 'succeeded', log: 'new\n', progress: [] });
  });

  it('waits in the plugin while the log is full', async () => {
    let held = 0;
    let most = 0;
    let total = 0;
    const { done } = bench.start(
      plugin('export function main() { for (let i = 0; i < 20000; i += 1) console.log("x".repeat(999)) }'),
      {},
      {
        output(_stream, text) {
          held += text.length;
          total += text.length;
          most = Math.max(most, held);
        },
        isFull: () => held > 100_000,
        onDrain: (callback) =>
          void setImmediate(() => {
            held = 0;
            callback();
          }),
      },
    );
    expect(await done).toMatchObject({ outcome: 'succeeded' });
    expect(total).toBe(20_000_000);
    expect(most).toBeLessThan(1_000_000);
  });
});

describe('context.spawn', () => {
  it('runs a program without a shell, in the workspace, with its output in the log', async () => {
    const end = await bench.run(
      plugin(`export async function main(args, { spawn, workspace }) {
        const end = await spawn('sh', ['-c', 'pwd; echo "$0 $OWN"; cat; echo no >&2; exit 7', '* $HOME'], { input: 'from stdin\\n', env: { OWN: 'x' }, collect: true });
        return { ...end, same: end.stdout.startsWith(workspace) };
      }`),
    );
    expect(end.data).toEqual({ exitCode: 7, signal: null, same: true, stdout: `${end.job.workspace}\n* $HOME x\nfrom stdin\n` });
    expect(end.out).toBe(`${end.job.workspace}\n* $HOME x\nfrom stdin\n`);
    expect(end.err).toBe('no\n');
  });

  it('says what is not there', async () => {
    const end = await bench.run(plugin('export const main = (args, { spawn }) => spawn("no-such-program")'));
    expect(end).toMatchObject({ outcome: 'failed', message: 'The program no-such-program was not found.' });
    const nowhere = await bench.run(plugin('export const main = (args, { spawn }) => spawn("ls", [], { cwd: "/no/where" })'));
    expect(nowhere).toMatchObject({ outcome: 'failed', message: 'The folder /no/where does not exist.' });
  });

  it('does not wait for what the program leaves in the background, which ends with the job', async () => {
    const seconds = uniqueSleep();
    const end = await bench.run(
      plugin(`export const main = (args, { spawn }) => spawn('sh', ['-c', 'sleep ${seconds} & echo left'])`),
    );
    expect(end).toMatchObject({
      outcome: 'succeeded',
      out: 'left\n',
      log: expect.stringContaining('Ended 1 process left behind'),
    });
    expect(processesWith(`sleep ${seconds}`)).toEqual([]);
  });
});

describe('a stop of a node plugin', () => {
  it('is told by its signal, and the process serves on', async () => {
    const listener = plugin(`export const main = ([wait], { signal, log }) => wait
      ? new Promise((resolve) => signal.addEventListener('abort', () => { log('tidied'); resolve({ pid: process.pid }) }))
      : { pid: process.pid }`);
    const before = await bench.run(listener, { args: [false] });
    const job = bench.start(listener, { args: [true] });
    await eventually('it started', () => job.heard.process !== undefined);
    job.stop('cancel', 30);
    expect(await job.finished).toMatchObject({
      outcome: 'cancelled',
      log: 'tidied\n',
      message: 'Cancelled on request. It ended when it was asked to.',
    });
    expect((await bench.run(listener, { args: [false] })).data).toEqual(before.data);
  });

  it('kills the process that does not listen, with all that it started, and another takes its place', async () => {
    const seconds = uniqueSleep();
    const deaf = plugin(`import { spawn } from 'node:child_process';
      export const main = ([wait]) => {
        if (!wait) return process.pid;
        spawn('setsid', ['sh', '-c', 'trap "" TERM; sleep ${seconds}; sleep ${seconds}'], { stdio: 'ignore', detached: true }).unref();
        for (;;);
      }`);
    const before = await bench.run(deaf, { args: [false] });
    const job = bench.start(deaf, { args: [true] });
    await eventually('its child sleeps', () => processesWith(`sleep ${seconds}`).length > 0);
    job.stop('cancel', 0.2);
    expect(await job.done).toMatchObject({ outcome: 'cancelled', message: 'Cancelled on request. Its process tree was killed.' });
    expect(processesWith(`sleep ${seconds}`)).toEqual([]);
    expect((await bench.run(deaf, { args: [false] })).data).not.toEqual(before.data);
  });

  it('by the time limit lets a spawned program end politely', async () => {
    const end = await bench.run(
      plugin(
        `export const main = (args, { spawn }) => spawn('sh', ['-c', 'trap "echo bye; exit 0" TERM; while :; do sleep 0.05; done'])`,
      ),
      { timeoutSeconds: 3, graceSeconds: 30 },
    );
    expect(end).toMatchObject({ outcome: 'timed_out', out: 'bye\n' });
  });
});

describe('a runner process', () => {
  const tellsPid =
    'let calls = 0; export const main = () => ({ pid: process.pid, calls: ++calls, cwd: process.cwd(), exitCode: process.exitCode ?? null, own: process.env.OWN ?? null })';

  it('is kept for the next execution of the same plugin, which finds it as the first did', async () => {
    const warm = plugin(
      `${tellsPid}; export const spoil = () => { process.chdir('/'); process.exitCode = 9; process.env.OWN = 'x' }`,
      'plugin.mjs',
    );
    const first = await bench.run(warm);
    await bench.run(warm, { action: 'spoil', env: { OWN: 'y' } });
    expect((await bench.run(warm)).data).toEqual({ ...(first.data as object), calls: 2, cwd: tmpdir() });
  });

  it('serves one execution at a time', async () => {
    const slow = plugin(
      `${tellsPid}; export const wait = () => new Promise((resolve) => setTimeout(() => resolve(process.pid), 50))`,
      'plugin.mjs',
    );
    const ends = await Promise.all([1, 2, 3].map(() => bench.run(slow, { action: 'wait' })));
    expect(new Set(ends.map(({ data }) => data)).size).toBe(3);
  });

  it('is not kept with timers that would fire inside the next execution', async () => {
    const untidy = plugin(`${tellsPid}; setInterval(() => console.log('tick'), 1)`, 'plugin.mjs');
    const pids = [await bench.run(untidy), await bench.run(untidy)].map(({ data }) => (data as { pid: number }).pid);
    expect(pids[0]).not.toBe(pids[1]);
  });

  it('ends when others are used more', async () => {
    const narrow = createJobBench({ maxWarm: 1 });
    const plugins = [1, 2].map(() => narrow.plugin({ 'plugin.mjs': tellsPid }));
    const pids: number[] = [];
    for (const each of plugins) pids.push(((await narrow.run(each)).data as { pid: number }).pid);
    const isThere = (pid: number | undefined): boolean => existsSync(`/proc/${pid}`);
    await eventually('the older one has ended', () => !isThere(pids[0]));
    expect(isThere(pids[1])).toBe(true);
    await narrow.close();
    expect(isThere(pids[1])).toBe(false);
  });

  it('ends with its agent, and so does what it runs', async () => {
    const seconds = uniqueSleep();
    const agent = new URL('../../tests/support/jobs.ts', import.meta.url).href;
    const program = `const { createJobBench } = await import(${JSON.stringify(agent)}); const bench = createJobBench();
      bench.start(bench.plugin({ 'plugin.mjs': 'export const main = (args, { spawn }) => spawn("sleep", ["${seconds}"])' }))`;
    const { spawn } = await import('node:child_process');
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: 'ignore',
      env: { ...process.env, TMPDIR: bench.folder },
    });
    await eventually('it works', () => processesWith(`sleep ${seconds}`).length > 0);
    child.kill('SIGKILL');
    await eventually('all is gone', () => processesWith(`sleep ${seconds}`).length === 0);
  });
});
