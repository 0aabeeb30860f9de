import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Folded } from '../../../shared/api/runs.ts';
import type { ResultMessage } from '../../../shared/protocol.ts';
import { openTestLedger, type ScriptedAgent, type TestLedger } from '../../../tests/support/ledger.ts';

let ledger: TestLedger;
beforeEach(async () => {
  ledger = await openTestLedger();
});
afterEach(() => ledger.dispose());

type Ending = { readonly output?: string } & Partial<ResultMessage>;

/** Runs something on these hosts, each of which ends as it is told. */
async function folded(hosts: readonly string[], endingOf: (host: string, index: number) => Ending): Promise<Folded> {
  const agents = hosts.map((name) => ledger.agent(name));
  const { run } = await ledger.post({ owner: 'ALL' });
  await ledger.settle();
  await Promise.all(agents.map((agent, index) => end(agent, endingOf(agent.name, index))));
  return ledger.feature.runs.folded(run?.id ?? '');
}

async function end(agent: ScriptedAgent, { output = '', ...result }: Ending): Promise<void> {
  const [offer] = agent.offers();
  if (offer === undefined) throw new Error(`${agent.name} was offered nothing`);
  const { execution, attempt } = offer;
  await agent.accept(offer);
  let offset = 0;
  for (const text of output.match(/[\s\S]{1,16000}/gu) ?? []) {
    await agent.say({ type: 'log', execution, attempt, offset, stream: 'out', at: 0, text });
    offset += Buffer.byteLength(text);
  }
  await agent.end(offer, { logSize: offset, ...result });
}

describe('folding', () => {
  test('equal ends are one group; errors come first, then the smaller group', async () => {
    const hosts = ['web1', 'web2', 'web3', 'web4', 'web5', 'web6'];
    const { groups, total, state } = await folded(hosts, (host) => {
      if (host === 'web3') return { output: 'broken\n', outcome: 'failed', reason: 'exit_code', exitCode: 1 };
      if (host === 'web5') return { output: 'other\n' };
      return { output: 'fine\n', data: { n: 1 } };
    });
    expect({ total, state }).toEqual({ total: 6, state: 'failed' });
    expect(groups).toMatchObject([
      { state: 'failed', exitCode: 1, count: 1, hosts: 'web3', output: 'broken\n' },
      { state: 'succeeded', count: 1, hosts: 'web5', output: 'other\n', data: null },
      { state: 'succeeded', count: 4, hosts: 'web[1-2,4,6]', output: 'fine\n', data: { n: 1 }, outputTruncated: false },
    ]);
  });

  test('what differs in data, or in output far behind its beginning, is not equal', async () => {
    const long = 'x'.repeat(70_000);
    const { groups } = await folded(['a', 'b', 'c', 'd'], (_host, index) => {
      if (index === 0) return { output: long };
      if (index === 1) return { output: `${long}y` };
      return { data: { index } };
    });
    expect(groups).toHaveLength(4);
    expect(groups.filter(({ outputTruncated }) => outputTruncated).map(({ output }) => output.length)).toEqual([65_536, 65_536]);
  });

  test('many large outputs that all differ are shown up to a bound, the rest of them a little', async () => {
    const hosts = Array.from({ length: 100 }, (_, index) => `h${index}`);
    const { groups } = await folded(hosts, (host) => ({ output: host + 'ü'.repeat(32_000) }));
    expect(groups).toHaveLength(100);
    expect(JSON.stringify(groups).length).toBeLessThan(5 * 1024 * 1024);
    const last = groups.at(-1);
    expect(last).toMatchObject({ outputTruncated: true });
    expect(last?.output.length).toBeGreaterThan(200);
    expect(last?.output).not.toContain('\uFFFD');
  });
});
