import { expect, test } from '@jest/globals';
import { createFakeClock } from './clock.ts';

test('timers fire in the order of their due times, each at its own time', async () => {
  const clock = createFakeClock(0);
  const fired: string[] = [];
  const note = (name: string) => () => void fired.push(`${name} at ${clock.now()}`);
  clock.after(30, note('late'));
  clock.after(10, note('early'));
  clock.after(10, note('early too'));
  clock.after(31, note('never'));
  await clock.advance(30);
  expect(fired).toEqual(['early at 10', 'early too at 10', 'late at 30']);
  expect(clock.now()).toBe(30);
  expect(clock.pending()).toBe(1);
});

test('a timer that another one sets within the span fires too, even after an await', async () => {
  const clock = createFakeClock(0);
  const times: number[] = [];
  const tick = async () => {
    times.push(clock.now());
    await Promise.resolve();
    clock.after(10, () => void tick());
  };
  clock.after(10, () => void tick());
  await clock.advance(35);
  expect(times).toEqual([10, 20, 30]);
});

test('a cancelled timer does not fire, and cancelling twice is fine', async () => {
  const clock = createFakeClock();
  const fired: number[] = [];
  const cancel = clock.after(10, () => void fired.push(clock.now()));
  cancel();
  cancel();
  await clock.advance(20);
  expect(fired).toEqual([]);
});

test('setting the wall clock leaves the waiting times of timers as they are', async () => {
  const clock = createFakeClock(1000);
  const fired: number[] = [];
  clock.after(50, () => void fired.push(clock.now()));
  clock.set(500);
  await clock.advance(49);
  expect(fired).toEqual([]);
  await clock.advance(1);
  expect(fired).toEqual([550]);
});
