import { describe, expect, it } from '@jest/globals';
import { createHoldings } from './holdings.ts';

describe('who holds which bundle', () => {
  it('counts each agent once, whatever it says again', () => {
    const holdings = createHoldings();
    holdings.fill([
      { agent_id: 'a', sha256: '1' },
      { agent_id: 'b', sha256: '1' },
      { agent_id: 'a', sha256: '2' },
    ]);
    expect([holdings.count('1'), holdings.count('2'), holdings.count('3')]).toEqual([2, 1, 0]);
    holdings.replace('a', ['1']);
    holdings.replace('a', ['1']);
    expect([holdings.count('1'), holdings.count('2')]).toEqual([2, 0]);
    expect([holdings.holds('a', '2'), holdings.holds('b', '1')]).toEqual([false, true]);
  });

  it('knows whether what an agent says is what it held', () => {
    const holdings = createHoldings();
    holdings.replace('a', ['1', '2']);
    holdings.replace('b', ['3']);
    expect([['2', '1'], ['1'], ['1', '2', '3'], ['1', '4'], []].map((held) => holdings.holdsJust('a', held))).toEqual([
      true,
      false,
      false,
      false,
      false,
    ]);
    expect(holdings.holdsJust('c', [])).toBe(true);
  });

  it('forgets an agent that is gone', () => {
    const holdings = createHoldings();
    holdings.replace('a', ['1', '2']);
    holdings.replace('b', ['2']);
    holdings.forget('a');
    expect([holdings.count('1'), [...holdings.holdersOf('2')]]).toEqual([0, ['b']]);
  });
});
