import { expect, test } from '@jest/globals';
import { ownUrl } from './own-url.ts';

test('a server is called as the browser calls it', () => {
  expect(ownUrl({ host: 'muster.example:8000' })).toBe('http://muster.example:8000');
  expect(ownUrl({ host: '[::1]:8000' })).toBe('http://[::1]:8000');
  expect(ownUrl({ host: 'muster.example', origin: 'https://muster.example' })).toBe('https://muster.example');
});

test('no header brings a second command into a line that somebody copies into a shell', () => {
  for (const hostile of ['x;id', 'x$(id)', 'x`id`', 'x y', 'x"', "x'", 'x|id', 'x&id', 'x\\', 'x<y']) {
    expect(ownUrl({ host: hostile })).toBe('http://localhost:8000');
    expect(ownUrl({ host: 'good', origin: `http://${hostile}` })).toBe('http://good');
  }
  expect(ownUrl({})).toBe('http://localhost:8000');
});
