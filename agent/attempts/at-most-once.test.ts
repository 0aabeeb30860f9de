import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { SignedEntry } from '../../shared/plugin-bundle.ts';
import type { ServerMessage } from '../../shared/protocol.ts';
import { type FakeConnection, noop, offerOf } from '../../tests/support/fake-server.ts';
import { type AgentBench, openAgentBench } from '../../tests/support/test-agent.ts';

type Kind = 'run' | 'offer' | 'start' | 'stop' | 'ack' | 'end' | 'settle' | 'cut' | 'restart';
type Key = { readonly execution: string; readonly attempt: number };

const keys = fc.record({ execution: fc.constantFrom('exe_a', 'exe_b'), attempt: fc.integer({ min: 1, max: 6 }) });
const stepOf = (...kinds: Kind[]) => fc.record({ kind: fc.constantFrom(...kinds), key: keys });
const usual: Kind[] = ['run', 'run', 'run', 'offer', 'start', 'start', 'settle', 'settle', 'end', 'end', 'stop'];

describe('whatever the server sends, twice, late or in any order', () => {
  it.each<[string, Kind[]]>([
    ['when it acknowledges, over connections that are cut', ['ack', 'cut']],
    // no server offers again what it acknowledged before a restart, so nothing is acknowledged here
    ['over restarts of the agent', ['restart']],
  ])(
    'an attempt starts at most once, and no two of an execution run at the same time, %s',
    async (_when, kinds) => {
      let startsInAll = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(stepOf(...usual, ...kinds), { minLength: 20, maxLength: 60, size: 'max' }), async (steps) => {
          const bench = await openAgentBench();
          try {
            const starts = await play(bench, steps);
            expect(new Set(starts).size).toBe(starts.length);
            startsInAll += starts.length;
          } finally {
            await bench.close();
          }
        }),
        { numRuns: 25, endOnFailure: true },
      );
      // the steps did lead somewhere
      expect(startsInAll).toBeGreaterThan(5);
      // many lives of an agent, on a machine that may have other things to do
    },
    90_000,
  );
});

/** @returns what was started, in order */
async function play(bench: AgentBench, steps: readonly { readonly kind: Kind; readonly key: Key }[]): Promise<string[]> {
  const entry = bench.server.publish(noop);
  const ended = new Set<string>();
  let agent = await bench.start();
  let server = await bench.server.welcomed();
  await settle(server, entry, 0);

  const endJobs = (execution?: string): void => {
    for (const job of bench.executor.jobs) {
      if (execution !== undefined && job.execution !== execution) continue;
      ended.add(nameOf(job));
      job.end();
    }
  };
  const doing: Partial<Record<Kind, (key: Key) => Promise<void> | void>> = {
    run: (key) => server.send(offerOf(entry, key), { type: 'start', ...key }),
    end: ({ execution }) => endJobs(execution),
    async cut() {
      server.cut();
      server = await bench.server.welcomed();
    },
    async restart() {
      bench.executor.endAll();
      await bench.server.goAway();
      await agent.stop();
      endJobs();
      bench.executor.endsAtOnce = false;
      await bench.server.comeBack();
      agent = await bench.start();
      server = await bench.server.welcomed();
    },
  };
  for (const [index, { kind, key }] of steps.entries()) {
    const message = messageOf(kind, key, entry);
    if (message !== undefined) server.send(message);
    else if (kind === 'settle') await settle(server, entry, index);
    else await doing[kind]?.(key);
    const running = bench.executor.jobs.filter((job) => !ended.has(nameOf(job))).map(({ execution }) => execution);
    expect(new Set(running).size).toBe(running.length);
  }
  return bench.executor.jobs.map(nameOf);
}

/** Waits until the agent has handled what was sent: it answers this, and has its plugin ready. */
async function settle(server: FakeConnection, entry: SignedEntry, index: number): Promise<void> {
  const probe = { execution: `exe_probe_${index}`, attempt: 1 };
  server.send(offerOf(entry, probe));
  while ((await server.next('accept')).execution !== probe.execution);
  server.send({ type: 'stop', ...probe, reason: 'cancel', graceSeconds: 0 });
  while ((await server.next('result')).execution !== probe.execution);
}

function messageOf(kind: Kind, key: Key, entry: SignedEntry): ServerMessage | undefined {
  const messages: Partial<Record<Kind, ServerMessage>> = {
    offer: offerOf(entry, key),
    start: { type: 'start', ...key },
    stop: { type: 'stop', ...key, reason: 'cancel', graceSeconds: 0 },
    ack: { type: 'ack', ...key },
  };
  return messages[kind];
}

const nameOf = ({ execution, attempt }: Key): string => `${execution}/${attempt}`;
