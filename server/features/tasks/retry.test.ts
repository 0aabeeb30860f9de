import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Folded } from '../../../shared/api/runs.ts';
import type { ResultMessage } from '../../../shared/protocol.ts';
import { admin, openTestLedger, type ScriptedAgent, type TestLedger } from '../../../tests/support/ledger.ts';
import { outputSha256 } from '../../../tests/support/output-sha256.ts';

let ledger: TestLedger;
beforeEach(async () => {
  ledger = await openTestLedger();
});
afterEach(() => ledger.dispose());

type Ending = { readonly output?: string; readonly tellsDigest?: boolean } & Partial<ResultMessage>;

async function finish(agent: ScriptedAgent, { output = '', tellsDigest = true, ...result }: Ending = {}): Promise<void> {
  const offer = agent.offers().at(-1);
  if (offer === undefined) throw new Error(`${agent.name} was offered nothing`);
  const { execution, attempt, logFrom } = offer;
  await agent.accept(offer);
  if (output !== '') await agent.say({ type: 'log', execution, attempt, offset: logFrom, stream: 'out', at: 0, text: output });
  const known = tellsDigest ? { outputSha256: outputSha256(output) } : {};
  await agent.end(offer, { logSize: logFrom + Buffer.byteLength(output), ...known, ...result });
}

/** A run on these hosts that has ended as each was told. */
async function ran(endings: Readonly<Record<string, Ending | 'offline'>>): Promise<string> {
  const agents = Object.keys(endings).map((name) => ledger.agent(name, { connected: endings[name] !== 'offline' }));
  const { run } = await ledger.post({ owner: 'ALL', ifOffline: 'skip' });
  await ledger.settle();
  for (const agent of agents) {
    const ending = endings[agent.name];
    if (ending !== 'offline') await finish(agent, ending);
  }
  return run?.id ?? '';
}

const failed: Ending = { output: 'broken\n', outcome: 'failed', reason: 'exit_code', exitCode: 1 };
const namesOf = async (runId: string): Promise<string[]> => [...(await ledger.feature.runs.grid(runId)).names];

describe('run again on one host', () => {
  test('runs on the host of an execution, however it ended', async () => {
    const id = await ran({ web1: {}, web2: failed, web3: {} });
    const of = async (name: string): Promise<string> => {
      const { items } = await ledger.feature.executions.list({ runId: id, limit: 50 });
      return items.find(({ agentName }) => agentName === name)?.id ?? '';
    };
    const again = await ledger.feature.runs.retry(id, { execution: await of('web3') }, admin);
    expect(await namesOf(again.id)).toEqual(['web3']);
    expect(again.retryOf).toEqual({ runId: id, only: 'execution' });
    await expect(ledger.feature.runs.retry(again.id, { execution: await of('web1') }, admin)).rejects.toMatchObject({
      code: 'not_found',
      details: { field: 'execution' },
    });
  });
});

describe('folding by keys', () => {
  test('puts hosts whose agents tell a digest and hosts whose agents do not into one group', async () => {
    const runId = await ran({ a: { output: 'x\n' }, b: { output: 'x\n', tellsDigest: false }, c: { output: 'y\n' } });
    expect((await ledger.feature.runs.folded(runId)).groups.map(({ hosts }) => hosts)).toEqual(['c', 'a, b']);
  });

  test('marks the majority and shows how the others differ from it, in output and in data', async () => {
    const runId = await ran({
      a: { output: 'one\ntwo\nthree\n', data: { n: 1 } },
      b: { output: 'one\ntwo\nthree\n', data: { n: 1 } },
      c: { output: 'one\n2\nthree\n', data: { n: 1 } },
      d: { output: 'one\ntwo\nthree\n', data: { n: 2 } },
    });
    const { groups } = await ledger.feature.runs.folded(runId);
    const byHosts = new Map(groups.map((group) => [group.hosts, group]));
    expect(byHosts.get('a, b')).toMatchObject({ majority: true, diff: null, dataDiff: null });
    expect(byHosts.get('c')?.diff).toEqual({ added: 1, removed: 1, patch: '@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n' });
    expect(byHosts.get('d')).toMatchObject({ majority: false, diff: { patch: '' }, dataDiff: { added: 1, removed: 1 } });
  });

  test('tells nothing of outputs that have nothing to do with each other', async () => {
    const lines = (word: string): string => Array.from({ length: 1200 }, (_, line) => `${word} ${line}\n`).join('');
    const runId = await ran({ a: { output: lines('red') }, b: { output: lines('red') }, c: { output: lines('blue') } });
    const { groups } = await ledger.feature.runs.folded(runId);
    expect(groups.find(({ hosts }) => hosts === 'c')?.diff).toBeNull();
  });

  test('groups what is open by its state, after what has ended', async () => {
    const agents = ['a', 'b', 'c'].map((name) => ledger.agent(name));
    const { run } = await ledger.post({ owner: 'ALL' });
    await ledger.settle();
    await finish(agents[0] as ScriptedAgent, { output: 'done\n' });
    const { groups } = await ledger.feature.runs.folded(run?.id ?? '');
    expect(groups).toMatchObject([
      { hosts: 'a', state: 'succeeded', majority: true },
      { hosts: 'b, c', state: 'offered', output: '', majority: false, diff: null },
    ]);
  });

  test('is right after the end of a run, and after what comes late', async () => {
    const [a, b] = [ledger.agent('a'), ledger.agent('b')];
    const { run } = await ledger.post({ owner: 'ALL' });
    const id = run?.id ?? '';
    await ledger.settle();
    await finish(a, { output: 'same\n' });
    const seen = async (): Promise<string[]> =>
      (await ledger.feature.runs.folded(id)).groups.map(({ hosts, state }) => `${hosts} ${state}`);
    expect(await seen()).toEqual(['a succeeded', 'b offered']);
    const [offer] = b.offers();
    if (offer === undefined) throw new Error('nothing was offered');
    await b.accept(offer);
    await b.disconnect();
    await ledger.clock.advance(2 * 3_600_000);
    await ledger.settle();
    await ledger.clock.advance(2 * 3_600_000);
    await ledger.settle();
    expect(await seen()).toEqual(['b lost', 'a succeeded']);

    await b.connect([{ execution: offer.execution, attempt: offer.attempt, state: 'ended', logSize: 5 }]);
    await b.say({
      type: 'log',
      execution: offer.execution,
      attempt: offer.attempt,
      offset: 0,
      stream: 'out',
      at: 0,
      text: 'late\n',
    });
    await b.end(offer, { logSize: 5 });
    const { groups } = await ledger.feature.runs.folded(id);
    expect(groups.find(({ hosts }) => hosts === 'b')).toMatchObject({ state: 'lost', output: 'late\n' });
  });
});

describe('running again', () => {
  const endings = { a: {}, b: {}, c: failed, d: { output: 'odd\n' }, e: 'offline' } as const;

  test.each([
    ['failed', ['c'], 1],
    ['missing', ['e'], 1],
    ['different', ['c', 'd', 'e'], 3],
  ] as const)('on the %s takes these hosts and no others, and says of which run they are', async (only, hosts, count) => {
    const runId = await ran(endings);
    expect((await ledger.feature.runs.folded(runId)).retry[only]).toBe(count);
    const again = await ledger.feature.runs.retry(runId, { only }, admin);
    expect(await namesOf(again.id)).toEqual([...hosts]);
    expect(again).toMatchObject({ trigger: 'retry', retryOf: { runId, only }, total: count });
  });

  test('on a group takes all that ended like one execution', async () => {
    const runId = await ran(endings);
    const { groups } = await ledger.feature.runs.folded(runId);
    const group = groups.find(({ hosts }) => hosts === 'a, b') as Folded['groups'][number];
    const again = await ledger.feature.runs.retry(runId, { group: group.executionId }, admin);
    expect(await namesOf(again.id)).toEqual(['a', 'b']);
    await expect(ledger.feature.runs.retry(again.id, { group: group.executionId }, admin)).rejects.toMatchObject({
      code: 'not_found',
    });
  });

  test('where there is nothing to run is refused with a sentence', async () => {
    const runId = await ran({ a: {}, b: {} });
    for (const only of ['failed', 'missing', 'different'] as const)
      await expect(ledger.feature.runs.retry(runId, { only }, admin)).rejects.toMatchObject({
        code: 'state_conflict',
        message: expect.stringContaining('nothing to run again'),
      });
  });
});
