import { afterEach, describe, expect, it } from '@jest/globals';
import { closeCodes } from '../../../shared/protocol.ts';
import { type AgentClient, connectAgent, createAgentKeys, helloOf, openSocket } from '../../../tests/support/agent-client.ts';
import { admission, startGateway, type TestGateway } from '../../../tests/support/gateway.ts';

const keys = createAgentKeys();
let running: TestGateway;
let duplicates = 0;

async function start(): Promise<string> {
  duplicates = 0;
  running = await startGateway({
    admit: async ({ agentId }) =>
      admission(agentId, undefined, () => {
        duplicates += 1;
      }),
  });
  return running.url;
}
afterEach(() => running.dispose());

async function asks(url: string, lives: string[]): Promise<AgentClient> {
  const client = await openSocket(url);
  client.send({ ...helloOf((await client.next('challenge')).nonce, { agentId: 'a', keys }), lives });
  return client;
}

describe('a second process with the identity of an agent', () => {
  it('is turned away while the first one answers, and somebody is told', async () => {
    const url = await start();
    const first = await asks(url, ['one']);
    await first.next('welcome');
    const copy = await asks(url, ['two', 'one']);
    expect(await copy.next('refused')).toMatchObject({ code: 'agent_duplicate' });
    expect((await copy.closed).code).toBe(closeCodes.replaced);
    expect(duplicates).toBe(1);
    expect(running.gone).toEqual([]);
    expect(running.gateway.counts().connected).toBe(1);
  });

  it('takes the place of one that does not answer', async () => {
    const url = await start();
    const first = await asks(url, ['one']);
    await first.next('welcome');
    first.pause();
    const second = await asks(url, ['two', 'one']);
    const welcome = second.next('welcome');
    let isIn = false;
    void welcome.then(() => {
      isIn = true;
    });
    for (let turn = 0; turn < 1000 && !isIn; turn += 1) {
      await running.clock.advance(10);
      await new Promise(setImmediate);
    }
    expect(isIn).toBe(true);
    expect(duplicates).toBe(0);
    first.terminate();
  });

  it('takes the place at once of one that is gone', async () => {
    const url = await start();
    const first = await asks(url, ['one']);
    await first.next('welcome');
    first.terminate();
    await (await asks(url, ['two', 'one'])).next('welcome');
    expect(duplicates).toBe(0);
  });
});

describe('the same process on a new connection', () => {
  it('takes its own place at once, whether the old one answers or not', async () => {
    const url = await start();
    const first = await asks(url, ['one']);
    await first.next('welcome');
    await (await asks(url, ['one'])).next('welcome');
    expect((await first.closed).code).toBe(closeCodes.replaced);
  });

  it('is believed to be that when it tells no life, as agents before this version', async () => {
    const url = await start();
    const first = await connectAgent(url, { agentId: 'a', keys });
    await connectAgent(url, { agentId: 'a', keys });
    expect((await first.closed).code).toBe(closeCodes.replaced);
  });
});
