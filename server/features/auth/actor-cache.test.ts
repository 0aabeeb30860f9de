import { describe, expect, it } from '@jest/globals';
import { createActorCache, type KnownActor } from './actor-cache.ts';

const known = (id: string, readAt = 0): KnownActor => ({
  actor: { kind: 'token', id, name: `token:${id}`, role: 'viewer', csrfToken: null },
  readAt,
  restsOn: [id, 'shared'],
  expiresAt: null,
  touchAt: 0,
  touch: async () => ({ expiresAt: null, touchAt: 0 }),
});

const limits = { capacity: 2, freshMs: 1000 };

describe('the cache of actors', () => {
  it('forgets the one not asked for longest when it is full', () => {
    const cache = createActorCache(limits);
    cache.put('a', known('a'), cache.stamp());
    cache.put('b', known('b'), cache.stamp());
    cache.get('a', 0);
    cache.put('c', known('c'), cache.stamp());
    expect(['a', 'b', 'c'].map((key) => cache.get(key, 0)?.actor.id)).toEqual(['a', undefined, 'c']);
  });

  it('asks again after a while, and when the clock was set back', () => {
    const cache = createActorCache(limits);
    cache.put('a', known('a', 5000), cache.stamp());
    expect(cache.get('a', 5999)).toBeDefined();
    expect(cache.get('a', 6000)).toBeUndefined();
    cache.put('a', known('a', 5000), cache.stamp());
    expect(cache.get('a', 4000)).toBeUndefined();
  });

  it('forgets all that rests on a row', () => {
    const cache = createActorCache(limits);
    cache.put('a', known('a'), cache.stamp());
    cache.put('b', known('b'), cache.stamp());
    cache.forget('a');
    expect([cache.get('a', 0), cache.get('b', 0)?.actor.id]).toEqual([undefined, 'b']);
    cache.forget('shared');
    expect(cache.get('b', 0)).toBeUndefined();
  });

  it('does not keep what was read before something was forgotten', () => {
    const cache = createActorCache(limits);
    const stamp = cache.stamp();
    cache.forget('a');
    cache.put('a', known('a'), stamp);
    expect(cache.get('a', 0)).toBeUndefined();
  });
});
