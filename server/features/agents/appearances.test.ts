import { describe, expect, it } from '@jest/globals';
import { type Appearance, areTwo, hostsOf, withAppearance } from './appearances.ts';

const minute = 60_000;

/** `A B A`, one after the other */
function seen(lives: string, everyMs = minute / 2): readonly Appearance[] {
  return lives.split(' ').reduce((known: readonly Appearance[], life, index) => {
    const moment = index * everyMs;
    return withAppearance(known, { life, name: `host-${life[0]}`, address: '10.0.0.1', at: moment, moment });
  }, []);
}

describe('two hosts with one identity', () => {
  it.each([
    ['that take turns', 'A B A B A B A'],
    ['of which one is started anew each time', 'A B1 A B2 A B3 A B4 A B5 A'],
    ['that are three', 'A B A C A B A C'],
  ])('are known by that they come back after one another: hosts %s', (_what, lives) => {
    expect(areTwo(seen(lives))).toBe(true);
  });

  it.each([
    ['a host that reconnects without end', 'A A A A A A A A A A A A A A'],
    ['a host that is started anew without end', 'A B C D E F G H I J K L M N'],
    ['a folder that is moved to another host while the old one is still there', 'A B A B B B B B'],
    ['a host that is set back to a snapshot twice', 'A B A C'],
  ])('are not %s', (_what, lives) => {
    expect(areTwo(seen(lives))).toBe(false);
  });

  it('take turns within minutes: what a day lies between is two moves of a folder', () => {
    expect(areTwo(seen('A B A B A B A B A B A', 24 * 60 * minute))).toBe(false);
  });

  it('are shown with the latest first; a host that was started anew once, two that look alike both', () => {
    expect(hostsOf(seen('A B1 A B2 A B3 A')).map(({ name }) => name)).toEqual(['host-A', 'host-B']);
    const alike = seen('A B A B').map((appearance) => ({ ...appearance, name: 'template' }));
    expect(hostsOf(alike)).toHaveLength(2);
  });

  it('cost little, however many there are', () => {
    const many = seen(Array.from({ length: 1000 }, (_, index) => `A C${index}`).join(' '), 1);
    expect(many.length).toBeLessThanOrEqual(32);
    expect(areTwo(many)).toBe(true);
    expect(hostsOf(many).length).toBeLessThanOrEqual(5);
  });
});
