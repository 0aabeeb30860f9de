import { describe, expect, it } from '@jest/globals';
import { createTurns } from './turns.ts';

const held = () => Promise.withResolvers<void>();

describe('turns', () => {
  it('lets no more than so many run at once, the others in the order of asking', async () => {
    const turns = createTurns(2, 10);
    const gates = [held(), held(), held(), held()];
    const started: number[] = [];
    const all = gates.map((gate, index) =>
      turns(async () => {
        started.push(index);
        await gate.promise;
      }),
    );
    expect(started).toEqual([0, 1]);
    gates[1]?.resolve();
    await all[1];
    expect(started).toEqual([0, 1, 2]);
    for (const gate of gates) gate.resolve();
    await Promise.all(all);
    expect(started).toEqual([0, 1, 2, 3]);
  });

  it('refuses what would make the queue too long', async () => {
    const turns = createTurns(1, 1);
    const gate = held();
    const running = turns(() => gate.promise);
    const waiting = turns(async () => 'waited');
    await expect(turns(async () => 'never')).rejects.toMatchObject({ code: 'queue_full' });
    gate.resolve();
    await running;
    await expect(waiting).resolves.toBe('waited');
  });

  it('hands the turn on when the work fails', async () => {
    const turns = createTurns(1, 1);
    await expect(turns(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    await expect(turns(async () => 'next')).resolves.toBe('next');
  });
});
