import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../../tests/support/eventually.ts';
import { createJobBench, type JobBench } from '../../tests/support/jobs.ts';

let bench: JobBench;

beforeAll(() => {
  bench = createJobBench();
});
afterAll(() => bench.close());

const plugin = (text: string) => bench.plugin({ 'plugin.py': text });
const echo =
  'def main(*args, **kwargs):\n    return {"status": "success", "message": "called", "data": {"args": args, "kwargs": kwargs}}\n';

describe('a python plugin', () => {
  it.each([
    ['an array by position', ['P1', 'Database connection failed'], { args: ['P1', 'Database connection failed'], kwargs: {} }],
    ['an object by keyword', { severity: 'P1', text: '€' }, { args: [], kwargs: { severity: 'P1', text: '€' } }],
    ['nothing', null, { args: [], kwargs: {} }],
    ['a single value', 7, { args: [7], kwargs: {} }],
    ['far more than a command line holds', ['x'.repeat(500_000)], { args: ['x'.repeat(500_000)], kwargs: {} }],
  ])('gets %s', async (_what, args, data) => {
    expect(await bench.run(plugin(echo), { args })).toMatchObject({ outcome: 'succeeded', message: 'called', exitCode: 0, data });
  });

  it('finds what it brings in vendor: before what the host has, after what is of Python', async () => {
    const vendored = bench.plugin({
      'plugin.py': 'import greeter, json, sys\ndef main(): return [greeter.word, json.__name__, hasattr(json, "dumps")]\n',
      'vendor/greeter/__init__.py': 'from .words import word\n',
      'vendor/greeter/words.py': 'word = "hello"\n',
      'vendor/json.py': 'raise ImportError("that is not the one")\n',
    });
    expect(await bench.run(vendored)).toMatchObject({ outcome: 'succeeded', data: ['hello', 'json', true] });
    expect(readdirSync(vendored.bundleDir, { recursive: true }).filter((name) => String(name).includes('pycache'))).toEqual([]);
  });

  it('that was given secrets tells how it ended without a file', async () => {
    const told = plugin(`
import os
def main(given): return {"status": "success", "message": "got " + given, "data": os.listdir(".")}
def nothing(given): print("no newline at its end", end="")
def printed(given): print('::muster:: {"type": "result", "status": "failed", "message": "told by a line"}')
def bad(given): raise ValueError(given)
def left(given): os._exit(0)
`);
    const job = { args: ['hunter22'], secrets: { pass: 'hunter22' } };
    const kept = await bench.run(told, { ...job, action: 'main' });
    expect(kept).toMatchObject({ outcome: 'succeeded', message: 'got hunter22', data: [] });
    expect(kept.all).toBe('');
    const silent = await bench.run(told, { ...job, action: 'nothing' });
    expect(silent).toMatchObject({ outcome: 'succeeded', data: null, out: expect.stringMatching(/^no newline at its end\n?$/) });
    expect(await bench.run(told, { ...job, action: 'printed' })).toMatchObject({
      outcome: 'failed',
      message: 'told by a line',
      log: '',
    });
    expect(await bench.run(told, { ...job, action: 'bad' })).toMatchObject({
      outcome: 'failed',
      message: 'ValueError: hunter22',
    });
    expect(await bench.run(told, { ...job, action: 'left' })).toMatchObject({ outcome: 'failed', reason: 'plugin_error' });
  });

  it('returns a result, or any other value as data', async () => {
    const values = plugin(`
import datetime, decimal, pathlib, collections
def failed(): return {"status": "failed", "message": "disk full", "data": [1]}
def other(): return {"status": "green"}
def nothing(): pass
def rich(): return [datetime.date(2026, 1, 5), decimal.Decimal("1.50"), pathlib.Path("/a"), {3, 1}, (1, None), b"x", True]
async def later(): return "later"
def handle(): return open("/dev/null")
def infinite(): return float("inf")
`);
    expect(await bench.run(values, { action: 'failed' })).toMatchObject({
      outcome: 'failed',
      reason: 'status_failed',
      message: 'disk full',
      data: [1],
    });
    expect(await bench.run(values, { action: 'other' })).toMatchObject({ outcome: 'succeeded', data: { status: 'green' } });
    expect(await bench.run(values, { action: 'nothing' })).toMatchObject({ outcome: 'succeeded', data: null });
    expect(await bench.run(values, { action: 'rich' })).toMatchObject({
      data: ['2026-01-05', '1.50', '/a', [1, 3], [1, null], 'x', true],
    });
    expect(await bench.run(values, { action: 'later' })).toMatchObject({ data: 'later' });
    expect(await bench.run(values, { action: 'handle' })).toMatchObject({
      outcome: 'failed',
      message: 'The function returned what cannot be written as JSON: a TextIOWrapper.',
    });
    expect(await bench.run(values, { action: 'infinite' })).toMatchObject({
      outcome: 'failed',
      message: expect.stringContaining('cannot be written as JSON'),
    });
    expect(await bench.run(values, { action: 'absent' })).toMatchObject({
      outcome: 'failed',
      message: 'The plugin has no function absent.',
    });
  });

  it('returns its value also when nothing can be written where it works', async () => {
    const cramped = plugin(`
import os, shutil
def main(how):
    workspace = os.getcwd()
    shutil.rmtree(workspace)
    open(workspace, "w").close()
    print("no line feed", end="" if how == "return" else None)
    if how == "raise":
        raise ValueError("as told")
    return {"status": "success", "message": "kept", "data": "€"}
`);
    expect(await bench.run(cramped, { args: ['return'] })).toMatchObject({
      outcome: 'succeeded',
      message: 'kept',
      data: '€',
      out: 'no line feed\n',
    });
    expect(await bench.run(cramped, { args: ['raise'] })).toMatchObject({
      outcome: 'failed',
      message: 'ValueError: as told',
      out: 'no line feed\n',
    });
  });

  it('prints to the log line by line, while it runs', async () => {
    const job = bench.start(
      plugin('import sys, time\ndef main():\n    print("first €")\n    sys.stderr.write("err\\n")\n    time.sleep(60)\n'),
    );
    await eventually('the first line is there', () => job.heard.out === 'first €\n' && job.heard.err === 'err\n');
    job.stop('cancel', 5);
    expect(await job.done).toMatchObject({ outcome: 'cancelled' });
  });

  it('does not lose the end of what it prints', async () => {
    expect(await bench.run(plugin('def main():\n    print("no line end", end="")\n'))).toMatchObject({
      out: 'no line end',
      outcome: 'succeeded',
    });
  });

  it('fails with what it raises, and the traceback of its own lines in the log', async () => {
    const end = await bench.run(plugin('def main():\n    deeper()\n\ndef deeper():\n    raise ValueError("no such thing")\n'));
    expect(end).toMatchObject({
      outcome: 'failed',
      reason: 'plugin_error',
      message: 'ValueError: no such thing',
      exitCode: null,
    });
    expect(end.err).toMatch(/^Traceback \(most recent call last\):\n {2}File ".*plugin\.py", line 2, in main\n/);
    expect(end.err).toMatch(/ValueError: no such thing\n$/);
    expect(end.err).not.toContain('<string>');
  });

  it.each([
    ['does not parse', 'def main(:\n', { reason: 'plugin_error', message: expect.stringMatching(/^SyntaxError/) }],
    [
      'imports what is not there',
      'import no_such_module\n',
      { reason: 'plugin_error', message: "ModuleNotFoundError: No module named 'no_such_module'" },
    ],
    [
      'is called with what it does not take',
      'def main(a): pass\n',
      { reason: 'plugin_error', message: expect.stringMatching(/^TypeError: main\(\) missing 1 required/) },
    ],
    ['leaves with a code', 'import sys\ndef main(): sys.exit(3)\n', { reason: 'exit_code', exitCode: 3 }],
    [
      'leaves with a sentence',
      'import sys\ndef main(): sys.exit("gave up")\n',
      { reason: 'plugin_error', message: 'gave up', exitCode: 1 },
    ],
    [
      'leaves by the back door',
      'import os\ndef main(): os._exit(0)\n',
      { reason: 'plugin_error', message: expect.stringContaining('before the function returned') },
    ],
    [
      'is killed',
      'import os\ndef main(): os.kill(os.getpid(), 9)\n',
      { reason: 'plugin_error', message: expect.stringContaining('SIGKILL') },
    ],
  ])('that %s fails with a sentence', async (_what, text, expected) => {
    expect(await bench.run(plugin(text))).toMatchObject({ outcome: 'failed', ...expected });
  });

  it('succeeds when it leaves with code 0', async () => {
    expect(await bench.run(plugin('import sys\ndef main(): sys.exit()\n'))).toMatchObject({ outcome: 'succeeded', exitCode: 0 });
  });

  it('imports modules beside its file, and writes nothing into the bundle', async () => {
    const two = bench.plugin({
      'plugin.py': 'from helper import name\nimport os\ndef main(): return [name, __name__, os.getcwd(), os.listdir(".")]\n',
      'helper.py': 'name = "helper"\n',
    });
    const end = await bench.run(two);
    expect(end.data).toEqual(['helper', 'plugin', end.job.workspace, []]);
    expect(readdirSync(two.bundleDir).sort()).toEqual(['helper.py', 'plugin.py']);
  });

  it('has no standard input, and does not run what is meant for the command line', async () => {
    const end = await bench.run(
      plugin(
        'import sys\ndef main(): return [sys.stdin.read(), sys.argv[1:]]\nif __name__ == "__main__":\n    raise SystemExit(9)\n',
      ),
      { args: ['a', 1] },
    );
    expect(end).toMatchObject({ outcome: 'failed', message: expect.stringContaining('TypeError') });
    const taking = await bench.run(plugin('import sys\ndef main(*_): return [sys.stdin.read(), sys.argv[1:]]\n'), {
      args: ['a', 1],
    });
    expect(taking.data).toEqual(['', ['main', 'a', '1']]);
  });

  it('tells its progress on marked lines', async () => {
    const end = await bench.run(
      plugin('def main():\n    print(\'::muster:: {"type":"progress","fraction":0.5,"text":"half"}\')\n'),
    );
    expect(end).toMatchObject({ outcome: 'succeeded', out: '', progress: [{ fraction: 0.5, text: 'half' }] });
  });

  it('counts once when it forks', async () => {
    const end = await bench.run(
      plugin(
        'import os\ndef main():\n    pid = os.fork()\n    if pid == 0: return "child"\n    os.waitpid(pid, 0)\n    return "parent"\n',
      ),
    );
    expect(end.data).toBe('parent');
  });
});
