import { expect, test } from '@jest/globals';
import { policy } from '../../../shared/api/tasks.ts';
import { parsePolicy, readPolicy } from './policy-text.ts';

test('a text is parsed once, with its defaults, and nobody can change what all share', () => {
  const text = JSON.stringify({ timeoutSeconds: 7, retries: { count: 2 } });
  const first = readPolicy(text);
  expect(first.policy).toEqual(policy.parse(JSON.parse(text)));
  expect(JSON.parse(first.text)).toEqual(first.policy);
  expect(readPolicy(text)).toBe(first);
  expect(() => {
    (first.policy.retries as { count: number }).count = 9;
  }).toThrow(TypeError);
});

test('what is asked for stays, and of all others only some', () => {
  const textOf = (seconds: number): string => JSON.stringify({ timeoutSeconds: seconds });
  const steady = parsePolicy(textOf(1));
  const early = parsePolicy(textOf(2));
  for (let seconds = 3; seconds < 1000; seconds += 1) {
    parsePolicy(textOf(seconds));
    expect(parsePolicy(textOf(1))).toBe(steady);
  }
  expect(parsePolicy(textOf(2))).not.toBe(early);
  expect(parsePolicy(textOf(2))).toEqual(early);
});

test('a text that is no policy is refused each time', () => {
  for (let i = 0; i < 2; i += 1) expect(() => parsePolicy('{"timeoutSeconds":"soon"}')).toThrow();
});
