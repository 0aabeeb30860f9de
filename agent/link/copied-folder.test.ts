import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { closeCodes } from '../../shared/protocol.ts';
import { createFakeClock } from '../../tests/support/clock.ts';
import { noop, offerOf } from '../../tests/support/fake-server.ts';
import { openAgentBench } from '../../tests/support/test-agent.ts';

it('two agents with one identity do not fight: the replaced one goes on working and waits half a minute before it comes back', async () => {
  const bench = await openAgentBench();
  const entry = bench.server.publish(noop);
  const copy = mkdtempSync(join(tmpdir(), 'muster-copy-'));
  const clock = createFakeClock();
  try {
    await bench.start({}, { clock });
    const first = await bench.server.welcomed();
    first.send(offerOf(entry));
    await first.next('accept');
    first.send({ type: 'start', execution: 'exe_1', attempt: 1 });
    const job = await bench.executor.nextJob();
    cpSync(bench.dir, copy, { recursive: true });
    rmSync(join(copy, 'agent.lock'));
    rmSync(join(copy, 'journal'));

    await bench.start({ dir: copy }, { clock });
    const second = await bench.server.welcomed();
    expect(second.hello.agentId).toBe(first.hello.agentId);
    first.close(closeCodes.replaced);
    await first.closed;
    expect(job.stops).toEqual([]);

    const back = bench.server.nextConnection();
    let isBack = false;
    void back.then(() => {
      isBack = true;
    });
    await clock.advance(29_000);
    expect(isBack).toBe(false);
    const turning = setInterval(() => void clock.advance(1000), 5);
    const again = await back;
    expect(again.hello.journal).toMatchObject([{ execution: 'exe_1', attempt: 1, state: 'running' }]);
    again.welcome();
    await bench.close();
    clearInterval(turning);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
});
