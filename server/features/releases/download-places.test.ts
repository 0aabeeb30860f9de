import { describe, expect, it } from '@jest/globals';
import { createDownloadPlaces } from './download-places.ts';

describe('the places for downloads', () => {
  it('are bounded for each address and in all, and free again at the end of an answer', () => {
    const places = createDownloadPlaces({ total: 3, perAddress: 2 });
    const enter = (address: string): AbortController => {
      const controller = new AbortController();
      places.enter(address, controller.signal);
      return controller;
    };
    const first = enter('a');
    enter('a');
    expect(() => enter('a')).toThrow('Too many downloads at a time.');
    enter('b');
    expect(() => enter('c')).toThrow('Too many downloads at a time.');
    first.abort();
    enter('a');
    expect(() => enter('a')).toThrow('Too many downloads at a time.');
  });

  it('are not taken by an answer that is over already', () => {
    const places = createDownloadPlaces({ total: 1 });
    places.enter('a', AbortSignal.abort());
    expect(() => places.enter('a', new AbortController().signal)).not.toThrow();
  });
});
