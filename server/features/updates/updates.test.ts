import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { newUpdate } from '../../../shared/api/updates.ts';
import { someAdmin } from '../../../tests/support/auth.ts';
import { startUpdatingFleet, type UpdatingFleet } from '../../../tests/support/updating-fleet.ts';
import type { Manner } from '../../../tests/support/updating-host.ts';

let fleet: UpdatingFleet;
beforeEach(async () => {
  fleet = await startUpdatingFleet();
});
afterEach(() => fleet.dispose());

const begin = (settings: object = {}) => fleet.updates.service.create(newUpdate.parse(settings), someAdmin);
const stateOf = async (id: string) => (await fleet.get(id)).state;
const rowOf = async (id: string, name: string) => (await fleet.rows(id)).find(({ agentName }) => agentName === name);
const hosts = async (count: number, manner: Manner = 'well') => {
  for (let number = 1; number <= count; number += 1) await fleet.host(`web${String(number).padStart(2, '0')}`, manner);
};

describe('an update of fifty hosts', () => {
  it('goes canary first, then share by share, never more at once than may, each host once', async () => {
    await hosts(50);
    const { id } = await begin({ atOnce: 4 });
    const begun: number[] = [];
    await fleet.until('done', async () => {
      const { waves, state } = await fleet.get(id);
      const last = waves.findLastIndex(({ begunAt }) => begunAt !== null);
      // nothing of a later wave was told before the ones before it were over
      for (const wave of waves.slice(last + 1)) expect(wave.counts).toEqual({ waiting: wave.total });
      if (begun.at(-1) !== last) {
        for (const wave of waves.slice(0, last)) expect(wave.counts).toEqual({ healthy: wave.total });
        begun.push(last);
      }
      return state === 'done';
    });
    expect(begun).toEqual([0, 1, 2, 3]);
    const { waves, counts, reason } = await fleet.get(id);
    expect(waves.map(({ label, total }) => [label, total])).toEqual([['Canary', 1], ['10 %', 5], ['50 %', 20], ['All', 24]]); // biome-ignore format: a table
    expect([counts, reason]).toEqual([{ healthy: 50 }, 'Every wave is over.']);
    expect(fleet.mostAtOnce()).toBe(4);
    for (const host of fleet.hosts.values()) {
      expect(host.followed).toEqual([id]);
      expect(host.acknowledged).toEqual([id]);
      expect(host.sha256()).toBe(fleet.release.files[0]?.sha256);
    }
    expect((await fleet.updates.service.versions()).versions).toEqual([
      { version: '2.0.0', commit: 'unknown', count: 50, isOffered: true },
    ]);
  });
});

describe('too many errors', () => {
  it('pause an update, name the hosts, and take back what was not switched', async () => {
    await hosts(6);
    await fleet.host('db1', 'goes_back');
    await fleet.host('db2', 'is_busy');
    await fleet.host('db3', 'is_slow');
    const { id } = await begin({ canary: 'web01', shares: [100], maxErrors: 0 });
    await fleet.until('paused', async () => (await stateOf(id)) === 'paused');
    const { reason, counts } = await fleet.get(id);
    expect(reason).toBe(
      '1 host failed or went back, and none may. db1 went back to the one before: The new agent ended at once.',
    );
    await fleet.seconds(2);
    expect(counts.rolled_back).toBe(1);
    expect(await rowOf(id, 'db2')).toMatchObject({
      state: 'waiting',
      message: 'The update was paused before this host had switched. The update is paused.',
    });
    expect([fleet.named('db2').cancelled, fleet.named('db3').cancelled]).toEqual([[id], [id]]);
    const before = await fleet.get(id);
    await fleet.seconds(10);
    expect(await fleet.get(id)).toEqual(before);
  });

  it('are let pass by whoever resumes it, until there are more', async () => {
    await hosts(2);
    await fleet.host('db1', 'fails');
    await fleet.host('db2', 'is_busy');
    const { id } = await begin({ canary: 'web01', shares: [100] });
    await fleet.until('paused', async () => (await stateOf(id)) === 'paused');
    fleet.named('db2').manner = 'well';
    await fleet.updates.service.resume(id, someAdmin);
    await fleet.until('done', async () => (await stateOf(id)) === 'done');
    expect((await fleet.get(id)).counts).toEqual({ healthy: 3, failed: 1 });
    // of a host that comes late
    await fleet.host('db3', 'goes_back');
    await fleet.until('paused again', async () => (await stateOf(id)) === 'paused');
    expect((await fleet.get(id)).reason).toContain('2 hosts failed or went back');
  });

  it('may be as many as were allowed', async () => {
    await hosts(3);
    await fleet.host('db1', 'fails');
    await fleet.host('db2', 'goes_back');
    const { id } = await begin({ canary: 'web01', maxErrors: 2 });
    await fleet.until('done', async () => (await stateOf(id)) === 'done');
    expect((await fleet.get(id)).counts).toEqual({ healthy: 3, failed: 1, rolled_back: 1 });
  });
});

describe('canaries', () => {
  it('hold everything up until one of them is well, and are waited for when all are away', async () => {
    await hosts(2);
    await fleet.host('canary1', 'well', false);
    await fleet.host('canary2', 'cannot');
    const { id } = await begin({ canary: 'name:canary*' });
    await fleet.seconds(90);
    expect(await fleet.get(id)).toMatchObject({ state: 'running', reason: expect.stringContaining('No canary is connected') });
    expect(fleet.named('web01').followed).toEqual([]);
    await fleet.named('canary1').come();
    await fleet.until('done', async () => (await stateOf(id)) === 'done');
    expect((await fleet.get(id)).counts).toEqual({ healthy: 3, not_possible: 1 });
  });

  it('that are all impossible pause the update, and whoever resumes it goes on without', async () => {
    await hosts(1);
    await fleet.host('canary1', 'cannot');
    const { id } = await begin({ canary: 'canary1' });
    await fleet.until('paused', async () => (await stateOf(id)) === 'paused');
    expect((await fleet.get(id)).reason).toMatch(
      /^No canary could be updated.* canary1 cannot be updated: It runs from source\.$/,
    );
    await fleet.updates.service.resume(id, someAdmin);
    await fleet.until('done', async () => (await stateOf(id)) === 'done');
    expect((await rowOf(id, 'canary1'))?.message).toBe('It runs from source.');
  });

  it('are chosen among those that are connected and can be updated', async () => {
    await fleet.host('away', 'well', false);
    await fleet.host('source', 'cannot');
    await fleet.host('web01');
    const { id } = await begin();
    expect((await fleet.rows(id)).filter(({ wave }) => wave === 0).map(({ agentName }) => agentName)).toEqual(['web01']);
  });
});

describe('hosts that are away', () => {
  it('hold nothing up, and get the update when they return, also when it is done', async () => {
    await hosts(3);
    await fleet.host('laptop', 'well', false);
    const { id } = await begin();
    await fleet.until('done', async () => (await stateOf(id)) === 'done');
    expect((await fleet.get(id)).reason).toBe('Every wave is over. 1 host that is away gets it on return.');
    expect((await rowOf(id, 'laptop'))?.message).toBe('It is not connected: it gets the update when it is back.');
    await fleet.named('laptop').come();
    await fleet.until('healthy', async () => (await rowOf(id, 'laptop'))?.state === 'healthy');
  });

  it('go on where they were when they went away during the download, without an error', async () => {
    await fleet.host('web01');
    const laptop = await fleet.host('laptop', 'is_slow');
    const { id } = await begin({ canary: 'web01' });
    await fleet.until('downloading', async () => (await rowOf(id, 'laptop'))?.state === 'downloading');
    laptop.leave();
    await fleet.until('waiting', async () => (await rowOf(id, 'laptop'))?.state === 'waiting', 300);
    expect(await rowOf(id, 'laptop')).toMatchObject({ message: expect.stringContaining('It went away during the download.') });
    await fleet.until('done', async () => (await stateOf(id)) === 'done');
    laptop.manner = 'well';
    await laptop.come();
    await fleet.until('healthy', async () => (await rowOf(id, 'laptop'))?.state === 'healthy');
    expect(laptop.followed).toEqual([id]);
  });

  it('count as failed when they switch and do not come back, and are mended when they do', async () => {
    await fleet.host('web01');
    const lost = await fleet.host('lost', 'stays_away');
    const { id } = await begin({ canary: 'web01', healthySeconds: 10 });
    await fleet.until('paused', async () => (await stateOf(id)) === 'paused', 300);
    expect(await rowOf(id, 'lost')).toMatchObject({ state: 'failed', message: expect.stringContaining('did not come back') });
    lost.manner = 'goes_back';
    await lost.come();
    await fleet.until('told', async () => (await rowOf(id, 'lost'))?.state === 'rolled_back');
  });

  it('join the last wave when they join the fleet after it began', async () => {
    await hosts(2);
    const { id } = await begin({ target: 'name:web*' });
    await fleet.until('done', async () => (await stateOf(id)) === 'done');
    await fleet.host('web09');
    await fleet.host('db1');
    await fleet.until('healthy', async () => (await rowOf(id, 'web09'))?.state === 'healthy');
    expect([await rowOf(id, 'db1'), (await rowOf(id, 'web09'))?.wave]).toEqual([undefined, 3]);
  });
});

describe('a server that stops in the middle', () => {
  it('goes on where it was, and starts nothing twice', async () => {
    await hosts(8);
    await fleet.host('busy', 'is_busy');
    const { id } = await begin({ canary: 'web01', shares: [50, 100], atOnce: 2 });
    for (const healthy of [1, 2, 4]) {
      await fleet.until(`${healthy} healthy`, async () => ((await fleet.get(id)).counts.healthy ?? 0) >= healthy);
      await fleet.restart();
    }
    await fleet.until('busy', async () => (await rowOf(id, 'busy'))?.state === 'ready');
    await fleet.restart();
    fleet.named('busy').manner = 'well';
    await fleet.until('done', async () => (await stateOf(id)) === 'done');
    expect((await fleet.get(id)).counts).toEqual({ healthy: 9 });
    for (const host of fleet.hosts.values()) expect(host.followed).toEqual([id]);
    expect(fleet.mostAtOnce()).toBe(2);
  });
});

describe('an update', () => {
  it('finds that hosts have the executable already, or cannot take it, and says why', async () => {
    await fleet.host('web01');
    await fleet.host('source', 'cannot');
    const { id } = await begin();
    await fleet.until('done', async () => (await stateOf(id)) === 'done');
    const again = await begin();
    await fleet.until('done', async () => (await stateOf(again.id)) === 'done');
    expect((await fleet.get(again.id)).counts).toEqual({ current: 1, not_possible: 1 });
    expect(fleet.named('web01').followed).toEqual([id]);
    expect(await fleet.get(id)).toMatchObject({ state: 'ended', reason: `It was replaced by the update ${again.id}.` });
  });

  it('ends for good, and the hosts that wait say so', async () => {
    await hosts(2);
    fleet.named('web02').manner = 'is_busy';
    const { id } = await begin({ canary: 'web01' });
    await fleet.until('ready', async () => (await rowOf(id, 'web02'))?.state === 'ready');
    await fleet.updates.service.end(id, someAdmin);
    await fleet.seconds(2);
    expect(await rowOf(id, 'web02')).toMatchObject({
      state: 'waiting',
      message: 'The update was ended before this host had switched. The update has ended.',
    });
    expect(fleet.named('web02').cancelled).toContain(id);
    await expect(fleet.updates.service.resume(id, someAdmin)).rejects.toThrow('begin a new one');
  });

  it('waits between two waves as long as it was told', async () => {
    await hosts(2);
    const { id } = await begin({ canary: 'web01', shares: [100], pauseSeconds: 600 });
    await fleet.until('the canary is over', async () => (await fleet.get(id)).reason.includes('waits before the next'));
    await fleet.seconds(300);
    await fleet.restart();
    expect(fleet.named('web02').followed).toEqual([]);
    await fleet.until('done', async () => (await stateOf(id)) === 'done', 400);
  });

  it('pauses when another build comes into the folder, and cannot be resumed with it', async () => {
    await hosts(2);
    const { id } = await begin({ canary: 'web01', pauseSeconds: 3600 });
    await fleet.seconds(5);
    fleet.build('3.0.0');
    await fleet.until('paused', async () => (await stateOf(id)) === 'paused');
    await expect(fleet.updates.service.resume(id, someAdmin)).rejects.toThrow('begin a new update');
  });

  it('gives up a host that does not answer, and has it drop the order', async () => {
    await hosts(1);
    await fleet.host('deaf', 'is_deaf');
    const { id } = await begin({ canary: 'web01', maxErrors: 1 });
    await fleet.until('done', async () => (await stateOf(id)) === 'done');
    expect(await rowOf(id, 'deaf')).toMatchObject({ state: 'failed', message: 'It did not answer to the order.' });
    expect(fleet.named('deaf').cancelled).toEqual([id]);
  });

  it('of a backup is ended when the server was restored from it', async () => {
    await hosts(2);
    const { id } = await begin({ canary: 'web01' });
    await fleet.updates.endAfterRestore();
    await fleet.updates.endAfterRestore();
    expect(await fleet.get(id)).toMatchObject({ state: 'ended', reason: expect.stringContaining('restored from a backup') });
  });

  it('keeps its deadlines when the clock is set', async () => {
    await hosts(1);
    await fleet.host('deaf', 'is_deaf');
    const { id } = await begin({ canary: 'web01', maxErrors: 1 });
    await fleet.until('offered', async () => (await rowOf(id, 'deaf'))?.state === 'offered');
    fleet.clock.set(fleet.clock.now() + 3_600_000);
    await fleet.updates.shift(3_600_000);
    await fleet.seconds(20);
    expect((await rowOf(id, 'deaf'))?.state).toBe('offered');
    await fleet.until('given up', async () => (await rowOf(id, 'deaf'))?.state === 'failed', 60);
  });

  it('counts a removed agent as one that cannot be updated', async () => {
    await hosts(2);
    await fleet.host('old', 'well', false);
    const { id } = await begin();
    await fleet.until('done', async () => (await stateOf(id)) === 'done');
    await fleet.agents.agents.remove(fleet.named('old').agent.id, someAdmin);
    await fleet.until('over', async () => (await rowOf(id, 'old'))?.state === 'not_possible');
    expect((await rowOf(id, 'old'))?.message).toBe('The agent was removed.');
  });
});

describe('the word of an agent', () => {
  it('is acknowledged when it is an end, also of an update that nobody knows, and counts for its own row alone', async () => {
    await hosts(2);
    const { id } = await begin({ canary: 'web01', shares: [100], maxErrors: 9 });
    const { connection } = fleet.named('web02');
    const ack = async (update: string) => {
      await fleet.seconds(1);
      return fleet.named('web02').acknowledged.includes(update);
    };
    connection()?.send({ type: 'update_status', update: 'upd_unknown', state: 'failed', message: 'x' });
    expect(await ack('upd_unknown')).toBe(true);
    await fleet.until('done', async () => (await stateOf(id)) === 'done');
    const before = await fleet.rows(id);
    // late: it is over
    connection()?.send({ type: 'update_status', update: id, state: 'downloading', message: 'late' });
    connection()?.send({ type: 'update_status', update: id, state: 'healthy', message: 'again' });
    await fleet.seconds(2);
    expect(await fleet.rows(id)).toEqual(before);
  });
});
