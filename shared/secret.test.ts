import { inspect } from 'node:util';
import { expect, test } from '@jest/globals';
import { secret } from './secret.ts';

test('a secret tells its text only when it is asked to', () => {
  const token = secret('hunter2');
  const shown = [
    `${token}`,
    JSON.stringify({ token }),
    inspect({ token }),
    inspect(token, { showHidden: true, depth: 9 }),
    String(Object.values(token)),
  ];
  expect(shown.join()).not.toContain('hunter2');
  expect(shown.slice(0, 3)).toEqual(['[secret]', '{"token":"[secret]"}', '{ token: [secret] }']);
  expect(token.reveal()).toBe('hunter2');
});
