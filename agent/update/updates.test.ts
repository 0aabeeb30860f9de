import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import type { AgentMessage } from '../../shared/protocol.ts';
import type { Release } from '../../shared/release.ts';
import { createFakeClock, type FakeClock } from '../../tests/support/clock.ts';
import { eventually } from '../../tests/support/eventually.ts';
import { type ReleaseServer, startReleaseServer } from '../../tests/support/release-server.ts';
import { createSlots, type Slots } from '../attempts/slots.ts';
import { executableName, type Installation } from './installation.ts';
import { openUpdateRecord, type UpdateRecordFile } from './update-record.ts';
import { createUpdates, type Updates, type UpdatesResources } from './updates.ts';

const own = 'muster-agent-1.0.0-aaaaaaaaaaaa';

describe('an update of the agent', () => {
  let folder: string;
  let server: ReleaseServer;
  let release: Release;
  let next: string;
  let clock: FakeClock;
  let slots: Slots;
  let record: UpdateRecordFile;
  let installation: Installation;
  let pointed: string;
  let told: string[];
  let left: string[];
  let kept: (readonly string[])[];
  let signals: AbortSignal[];
  let obtained: PromiseWithResolvers<void>;
  let updates: Updates;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'muster-updates-'));
    server = await startReleaseServer();
    release = server.publish('2.0.0', 'the next one');
    const [file] = release.files;
    if (file === undefined) throw new Error('nothing was published');
    next = executableName(release, file, false);
    clock = createFakeClock();
    record = openUpdateRecord(join(folder, 'update'));
    pointed = own;
    installation = {
      folder,
      name: own,
      current: () => pointed,
      point(name) {
        pointed = name;
      },
    };
    [told, left, kept, signals] = [[], [], [], []];
    live();
  });
  afterEach(async () => {
    updates.stop();
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** A life of the agent; the one before has ended. */
  function live(given: Partial<UpdatesResources> = {}): void {
    slots = createSlots(2);
    obtained = Promise.withResolvers();
    updates = createUpdates({
      found: { installation },
      record,
      serverPublicKey: server.publicKey,
      version: '1.0.0',
      ownName: own,
      isWindows: false,
      ownSha256: async () => 'f'.repeat(64),
      obtain: (_file, _name, signal) => {
        signals.push(signal);
        return obtained.promise;
      },
      removeOthers: (names) => void kept.push(names),
      slots,
      leave: (version) => void left.push(version),
      uplink: {
        send(message: AgentMessage) {
          if (message.type === 'update_status') told.push(`${message.update} ${message.state} ${message.message}`.trim());
          return true;
        },
      },
      clock,
      log: pino({ level: 'silent' }),
      ...given,
    });
  }

  /** What is told next. */
  const says = (...lines: string[]): Promise<void> =>
    eventually(`it says ${lines.join(', ')} and not ${told.join(', ')}`, () => JSON.stringify(told) === JSON.stringify(lines));

  async function ready(order: Parameters<ReleaseServer['order']>[1] = {}): Promise<void> {
    updates.order(server.order(release, order));
    obtained.resolve();
    await eventually('it is ready', () => told.some((line) => line.startsWith('upd_1 ready')));
    told.length = 0;
  }

  it('is fetched, and switched to at once where nothing runs', async () => {
    updates.order(server.order(release, { healthySeconds: 90 }));
    await says('upd_1 downloading');
    expect(left).toEqual([]);
    obtained.resolve();
    await says('upd_1 downloading', 'upd_1 ready', 'upd_1 switching');
    expect(left).toEqual(['2.0.0']);
    expect(pointed).toBe(next);
    expect(record.read()).toEqual({
      update: 'upd_1',
      state: 'switching',
      next,
      before: own,
      nextVersion: '2.0.0',
      beforeVersion: '1.0.0',
      seconds: 90,
    });
    // in its last moments it takes nothing more, and no other order
    expect(updates.leaving()).toBeDefined();
    updates.order(server.order(release, { update: 'upd_2' }));
    updates.cancel('upd_1');
    expect(told).toHaveLength(3);
  });

  it('waits for what runs, takes new work meanwhile, and after its time none', async () => {
    slots.take();
    await ready({ drainAfterSeconds: 600 });
    await clock.advance(599_000);
    expect(updates.leaving()).toBeUndefined();
    await clock.advance(2_000);
    expect(updates.leaving()).toContain('is about to switch to version 2.0.0');
    expect(left).toEqual([]);
    slots.release();
    await says('upd_1 switching');
  });

  it('is switched to in a moment between two pieces of work', async () => {
    slots.take();
    await ready();
    slots.release();
    await says('upd_1 switching');
  });

  it('takes no new work where it is to drain, and interrupts none', async () => {
    slots.take();
    slots.take();
    await ready({ mode: 'drain' });
    expect(updates.leaving()).toBeDefined();
    slots.release();
    await clock.advance(3_600_000);
    expect(left).toEqual([]);
    slots.release();
    await says('upd_1 switching');
  });

  it('is switched to at once where that is ordered, also by an order that is given again', async () => {
    slots.take();
    await ready();
    updates.order(server.order(release, { mode: 'now' }));
    await says('upd_1 switching');
    expect(signals).toHaveLength(1);
  });

  it('is dropped when it is cancelled, before it was fetched and after', async () => {
    updates.order(server.order(release));
    await says('upd_1 downloading');
    updates.cancel('upd_other');
    expect(signals[0]?.aborted).toBe(false);
    updates.cancel('upd_1');
    expect(signals[0]?.aborted).toBe(true);
    obtained.reject(new Error('aborted'));
    obtained = Promise.withResolvers();
    // cancelled is no outcome: the same may come again
    slots.take();
    await ready();
    updates.cancel('upd_1');
    slots.release();
    await clock.advance(10_000);
    expect([told, left]).toEqual([[], []]);
    expect(record.read()).toBeUndefined();
  });

  it('gives way to another one, which waits until it has ended', async () => {
    updates.order(server.order(release));
    await says('upd_1 downloading');
    updates.order(server.order(release, { update: 'upd_2' }));
    expect(signals[0]?.aborted).toBe(true);
    expect(signals).toHaveLength(1);
    obtained.reject(new Error('aborted'));
    obtained = Promise.withResolvers();
    obtained.resolve();
    await says('upd_1 downloading', 'upd_2 downloading', 'upd_2 ready', 'upd_2 switching');
  });

  it('fails with a sentence, which is told on each connection and in later lives until it is acknowledged', async () => {
    updates.order(server.order(release));
    obtained.reject(new Error('There is no space left'));
    const failed = 'upd_1 failed There is no space left.';
    await says('upd_1 downloading', failed);
    updates.connected();
    // and it is not begun again
    updates.order(server.order(release));
    await says('upd_1 downloading', failed, failed, failed);
    told.length = 0;
    live();
    updates.connected();
    updates.acknowledge('upd_2');
    updates.connected();
    await says(failed, failed);
    updates.acknowledge('upd_1');
    updates.connected();
    await says(failed, failed);
    expect(readdirSync(join(folder, 'update'))).toEqual([]);
  });

  it('is not believed without the signature of the key that was pinned', async () => {
    const order = server.order(release);
    const altered = { ...order.release, release: { ...release, version: '2.0.1' } };
    updates.order({ ...order, release: altered });
    await says('upd_1 failed The release is not signed by the key of the server that this agent has joined.');
    const other = await startReleaseServer();
    updates.order(other.order(release, { update: 'upd_2' }));
    await other.close();
    await eventually('it is refused', () => told.at(-1)?.startsWith('upd_2 failed The release is not signed') === true);
    expect(signals).toEqual([]);
  });

  it('fails where there is no executable for this host, and where it cannot replace itself', async () => {
    const files = release.files.map((file) => ({ ...file, platform: 'windows-x64' as const }));
    updates.order(server.order({ ...release, files }));
    await eventually(
      'it fails',
      () => told.at(-1)?.startsWith('upd_1 failed The release has no executable for this host') === true,
    );
    live({ found: { notUpdatable: 'It runs from its source.' } });
    updates.order(server.order(release, { update: 'upd_2' }));
    await eventually('it fails', () => told.at(-1) === 'upd_2 failed It runs from its source.');
  });

  it('is healthy at once where the agent is that executable', async () => {
    live({ ownSha256: async () => release.files[0]?.sha256 ?? '' });
    updates.order(server.order(release));
    await says('upd_1 healthy It has this executable already.');
    expect(left).toEqual([]);
  });

  it('fails, and leaves everything as it was, when it cannot be put in place', async () => {
    installation = {
      ...installation,
      point() {
        throw new Error('EROFS: read-only file system');
      },
    };
    live();
    updates.order(server.order(release));
    obtained.resolve();
    await eventually('it fails', () => told.at(-1)?.includes('could not be put in place: EROFS') === true);
    expect([left, record.read()?.state]).toEqual([[], 'failed']);
    expect(updates.leaving()).toBeUndefined();
  });

  it('fails when somebody else has put another one in place meanwhile, and leaves that there', async () => {
    slots.take();
    await ready();
    pointed = 'muster-agent-3.0.0-cccccccccccc';
    slots.release();
    await eventually('it fails', () => told.at(-1)?.includes('Somebody else put another executable in place') === true);
    expect(pointed).toBe('muster-agent-3.0.0-cccccccccccc');
  });

  it('becomes healthy when the server has welcomed the new agent, which keeps the one before', async () => {
    await ready();
    live({ ownName: next, version: '2.0.0' });
    expect(record.read()?.state).toBe('switching');
    told.length = 0;
    updates.connected();
    const healthy = 'upd_1 healthy Switched from 1.0.0 to 2.0.0.';
    await says(healthy);
    expect(kept).toEqual([[next, own]]);
    expect(record.read()?.state).toBe('healthy');
    // until it is acknowledged
    live({ ownName: next });
    updates.connected();
    updates.acknowledge('upd_1');
    updates.connected();
    await says(healthy, healthy);
    expect(kept).toHaveLength(1);
  });

  it('becomes healthy on a full disk, too: nobody takes it back', async () => {
    await ready();
    const full = { ...record, end: () => { throw new Error('ENOSPC'); } }; // biome-ignore format: one line
    live({ ownName: next, record: full });
    updates.connected();
    expect(record.read()).toBeUndefined();
    await eventually('it is told', () => told.at(-1) === 'upd_1 healthy Switched from 1.0.0 to 2.0.0.');
  });

  it('tells what the starter has noted when it was taken back, and that the server was away all the time', async () => {
    record.end({ update: 'upd_1', state: 'rolled_back', message: 'The agent 2.0.0 was not Online within 60 s.' });
    live();
    updates.connected();
    await says('upd_1 rolled_back The agent 2.0.0 was not Online within 60 s.');
    live();
    await clock.advance(45_000);
    updates.connected();
    updates.connected();
    const late = 'After that, the server could not be reached for 45 s either.';
    expect(told.slice(1)).toEqual(Array(2).fill(`upd_1 rolled_back The agent 2.0.0 was not Online within 60 s. ${late}`));
    // the same order is not begun again
    updates.order(server.order(release));
    await clock.advance(60_000);
    expect(signals).toEqual([]);
  });

  describe('ordered in a refusal', () => {
    it('is done as any other, and what ended badly is tried again only after a while', async () => {
      const order = server.order(release, { update: 'protocol_1' });
      updates.orderOnRefusal(order);
      obtained.reject(new Error('no space'));
      await eventually('it fails', () => told.at(-1) === 'protocol_1 failed no space.');
      updates.orderOnRefusal(order);
      await clock.advance(14 * 60_000);
      updates.orderOnRefusal(order);
      expect(signals).toHaveLength(1);
      await clock.advance(60_000);
      obtained = Promise.withResolvers();
      obtained.resolve();
      updates.orderOnRefusal(order);
      await eventually('it switches', () => left.length === 1);
      record.end({ update: 'protocol_1', state: 'rolled_back', message: 'It was taken back.' });
      live();
      updates.orderOnRefusal(order);
      await clock.advance(5 * 3_600_000);
      updates.orderOnRefusal(order);
      expect(signals).toHaveLength(2);
      await clock.advance(3_600_000);
      updates.orderOnRefusal(order);
      await eventually('it is fetched', () => signals.length === 3);
    });

    it('is passed over when it has no name that can be noted', async () => {
      updates.orderOnRefusal(server.order(release, { update: 'x\nnext evil' }));
      updates.order(server.order(release, { update: 'a b' }));
      await clock.advance(10_000);
      expect([signals, told]).toEqual([[], []]);
    });

    it('is not believed without the signature', async () => {
      const other = await startReleaseServer();
      updates.orderOnRefusal(other.order(release));
      await other.close();
      await eventually('it is refused', () => told.at(-1)?.includes('is not signed') === true);
      // another order, from the right one, is followed all the same
      updates.orderOnRefusal(server.order(release, { update: 'upd_2' }));
      await eventually('it is fetched', () => signals.length === 1);
    });
  });
});
