import { describe, expect, it } from '@jest/globals';
import { createFakeClock } from '../tests/support/clock.ts';
import { createSpareMemory } from './spare-memory.ts';

const seconds = 1_000;
const minutes = 60 * seconds;

describe('the memory that an agent has to spare', () => {
  function begin() {
    const clock = createFakeClock();
    const state = { isIdle: true, collected: 0 };
    const memory = createSpareMemory({
      clock,
      isIdle: () => state.isIdle,
      collect: () => {
        state.collected += 1;
      },
    });
    return { clock, state, memory };
  }

  it('is given back once it is quiet', async () => {
    const { clock, state, memory } = begin();
    memory.wasUsed();
    await clock.advance(4 * seconds);
    memory.wasUsed();
    await clock.advance(4 * seconds);
    expect(state.collected).toBe(0);
    await clock.advance(1 * seconds);
    expect(state.collected).toBe(1);
    await clock.advance(60 * minutes);
    expect(state.collected).toBe(1);
  });

  it('is not given back while work is under way, but when that ends', async () => {
    const { clock, state, memory } = begin();
    state.isIdle = false;
    memory.wasUsed();
    await clock.advance(60 * minutes);
    expect(state.collected).toBe(0);
    state.isIdle = true;
    memory.wasUsed();
    await clock.advance(5 * seconds);
    expect(state.collected).toBe(1);
  });

  it('is given back every two minutes at most, and then also if work came in between', async () => {
    const { clock, state, memory } = begin();
    for (let tick = 0; tick < 36; tick += 1) {
      memory.wasUsed();
      await clock.advance(10 * seconds);
    }
    expect(state.collected).toBe(3);
    await clock.advance(2 * minutes);
    expect(state.collected).toBe(4);
  });

  it('is left alone once the agent ends', async () => {
    const { clock, memory } = begin();
    memory.wasUsed();
    memory.stop();
    memory.stop();
    memory.wasUsed();
    expect(clock.pending()).toBe(0);
  });
});
