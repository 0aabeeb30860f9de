import assert from 'node:assert/strict';
import { eventually } from '../../tests/support/eventually.ts';
import { agentName, type Trial } from './trial-world.ts';

const lines = (count: number, text = (line: number) => `line ${line}`): string =>
  Array.from({ length: count }, (_, index) => `${text(index + 1)}\n`).join('');

/** What an operator has done on a host. The first one makes it a host. */
export const workTrials: readonly Trial[] = [
  {
    name: 'joins with a token, and is Online',
    async run({ startAgent, online, server }) {
      await startAgent();
      await online();
      await eventually('its facts are told', async () => (await server().api.agents())[0]?.facts.os_name !== undefined);
      const [agent] = await server().api.agents();
      assert.equal(agent?.name, agentName);
      assert.deepEqual(agent?.tags, ['wine', 'os=windows']);
      assert.equal(agent?.slots, 4);
      return `${agent?.facts.os_name} ${agent?.facts.os_version}, agent ${agent?.version}`;
    },
  },
  {
    name: 'runs an inline script of `node`',
    async run({ done }) {
      const { execution, log } = await done('node', ['console.log("from node", process.platform, process.argv[2])', 'a b']);
      assert.deepEqual([execution.state, execution.exitCode, log], ['succeeded', 0, 'from node win32 a b\n']);
    },
  },
  {
    name: 'runs an ES module of `node`, and tells its exit code',
    async run({ done }) {
      const { execution, log } = await done('node', [
        'import { sep } from "node:path"; console.log(sep, await 1); process.exit(5)',
      ]);
      assert.deepEqual([execution.state, execution.exitCode, log], ['failed', 5, '\\ 1\n']);
    },
  },
  {
    name: 'runs a line of cmd by `shell`',
    async run({ done }) {
      const { execution, log } = await done('shell', { command: 'echo from "cmd" & echo %GIVEN%', env: { GIVEN: 'a b' } });
      assert.deepEqual([execution.state, execution.exitCode, log.replaceAll('\r', '')], ['succeeded', 0, 'from "cmd" \na b\n']);
    },
  },
  {
    name: 'takes both outputs of a line of cmd, and letters beyond ASCII',
    async run({ done }) {
      const { log } = await done('shell', ['echo gr\u00fc\u00df Gott& echo to the other>&2']);
      assert.match(log, /gr\u00fc\u00df Gott/);
      assert.match(log, /to the other/);
    },
  },
  {
    name: 'tells of a line that fails',
    async run({ done }) {
      const failed = await done('shell', ['exit 3']);
      assert.deepEqual([failed.execution.state, failed.execution.exitCode], ['failed', 3]);
      assert.equal((await done('shell', ['no-such-program'])).execution.state, 'failed');
      return failed.execution.message ?? '';
    },
  },
  {
    name: 'runs a plugin in JavaScript, warm: log, progress, result',
    async run({ begin, ended, done, server }) {
      const { runId, id } = await begin('report', ['you']);
      await eventually('its progress is told', async () => (await server().api.execution(id)).progress?.text === 'half');
      const { execution, log } = await ended(runId);
      assert.deepEqual([execution.state, execution.message], ['succeeded', 'reported']);
      assert.match(log, /^hello you \u00fc\n.*looked.*disks=2/s);
      assert.equal((execution.data as { platform: string }).platform, 'win32');
      assert.deepEqual((await done('report', ['again'])).execution.data, execution.data);
    },
  },
  {
    name: 'runs a plugin in TypeScript, and a thread of it',
    async run({ done }) {
      assert.equal((await done('typed', [2, 3])).execution.data, 5);
      assert.equal((await done('typed', [], { action: 'thread' })).execution.data, 42);
    },
  },
  {
    name: 'runs a batch file as a plugin, with a result of its own',
    async run({ done }) {
      const { execution, log } = await done('batch', []);
      assert.deepEqual([execution.state, execution.message, execution.data], ['succeeded', 'from a batch file', { n: 7 }]);
      assert.equal(log.replaceAll('\r', ''), 'action main\n');
    },
  },
  {
    name: 'keeps what a plugin leaves',
    async run({ done, server }) {
      const { id, execution } = await done('report', ['kept \u00fc'], { action: 'left' });
      assert.equal(execution.state, 'succeeded');
      assert.equal((await server().api.send('GET', `/api/v1/executions/${id}/artifacts/left.txt`)).text, 'kept \u00fc');
    },
  },
  {
    name: 'gives a secret, and masks it',
    async run({ done, server }) {
      await server().api.send('PUT', '/api/v1/secrets/pass', { value: 'hushed-value' });
      const { execution, log } = await done('report', [{ $secret: 'pass' }], { action: 'secret' });
      assert.deepEqual([execution.data, log], [12, 'it is ***\n']);
    },
  },
  {
    name: 'loses no line of a flood',
    async run({ done }) {
      const { execution, log } = await done('report', [20_000], { action: 'flood' });
      assert.equal(execution.state, 'succeeded');
      assert.equal(
        log,
        lines(20_000, (line) => `line ${line} ${'x'.repeat(80)}`),
      );
      return `${log.length} bytes`;
    },
  },
  {
    name: 'runs bundled plugins: file, http, sql, facts, sleep',
    async run({ done, server }) {
      const path = 'C:\\muster\\made\\motd.txt';
      const written = await done('file', { path, content: 'Hello.\n', createParents: true }, { action: 'write' });
      assert.equal(written.execution.state, 'succeeded', written.execution.message ?? '');
      assert.equal((await done('shell', [`type ${path}`])).log.replaceAll('\r', ''), 'Hello.\n');
      const fetched = await done('http', { url: `${server().url}/healthz` }, { action: 'request' });
      assert.equal(fetched.execution.state, 'succeeded', fetched.execution.message ?? '');
      const sql = await done('sql', { url: 'sqlite::memory:', sql: 'create table t (a)' }, { action: 'execute' });
      assert.equal(sql.execution.state, 'succeeded', sql.execution.message ?? '');
      const facts = await done('facts', {});
      assert.equal(facts.execution.state, 'succeeded', facts.execution.message ?? '');
      assert.equal((await done('sleep', { seconds: 0.1 })).execution.state, 'succeeded');
    },
  },
  {
    name: 'says what is missing: bash, python',
    async run({ done }) {
      const bash = await done('bash', ['true']);
      const python = await done('python', ['print(1)']);
      assert.deepEqual([bash.execution.state, python.execution.state], ['failed', 'failed']);
      return `${bash.execution.message} ${python.execution.message}`;
    },
  },
];
