import { expect, test } from '@jest/globals';
import { idFloor, idGenerator, idPattern, timeOfId } from './ids.ts';

const bytes = (text: string) => () => Uint8Array.from(Buffer.from(text, 'hex'));

test('ids of one generator grow, also within a millisecond and when the clock steps back', () => {
  let now = 1_700_000_000_000;
  const newId = idGenerator(() => now, bytes('01020304050607080910'));
  const ids: string[] = [];
  for (let i = 0; i < 3000; i += 1) {
    if (i === 1000) now += 1;
    if (i === 2000) now -= 500;
    ids.push(newId('run'));
  }
  expect(ids).toEqual([...new Set(ids)].sort());
  for (const id of ids) expect(id).toMatch(idPattern('run'));
  expect([0, 1000, 2999].map((i) => timeOfId(ids[i] ?? ''))).toEqual([1_700_000_000_000, 1_700_000_000_001, 1_700_000_000_001]);
  expect(idFloor('run', 1_700_000_000_000) <= (ids[0] ?? '')).toBe(true);
});

test('counting up carries from the lower half of the random number into the upper one', () => {
  // halved, the number ends with 39 ones and a zero
  const newId = idGenerator(() => 1_700_000_000_000, bytes('0000000001fffffffffc'));
  const ids = Array.from({ length: 4 }, () => newId('task'));
  expect(ids.map((id) => id.slice(-16))).toEqual([
    '00000000zzzzzzzy',
    '00000000zzzzzzzz',
    '0000000100000000',
    '0000000100000001',
  ]);
});
