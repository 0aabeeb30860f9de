import { describe, expect, it } from '@jest/globals';
import { newUpdate } from '../../../shared/api/updates.ts';
import { blankUpdate, readUpdate } from './update-form.ts';

const read = (typed: Record<string, string>) => readUpdate({ ...blankUpdate(), ...typed });
const problems = (typed: Record<string, string>) => {
  const answer = read(typed);
  return 'problems' in answer ? answer.problems.fields : {};
};

describe('the form of an update', () => {
  it('says as it is found what the API does by default', () => {
    expect(read({})).toEqual({ input: newUpdate.parse({}) });
  });

  it('reads percentages, numbers and times as people write them', () => {
    const typed = {
      target: ' tag:web ',
      canary: 'web-001',
      shares: '5% 25%, 100',
      atOnce: '3',
      pauseSeconds: '1h',
      healthySeconds: '90',
    };
    expect(read(typed)).toEqual({
      input: { ...newUpdate.parse({}), target: 'tag:web', canary: 'web-001', shares: [5, 25, 100], atOnce: 3, pauseSeconds: 3600, healthySeconds: 90 },
    }); // biome-ignore format: short
    expect(read({ shares: 'none' })).toMatchObject({ input: { shares: [] } });
    expect(read({ shares: '' })).toMatchObject({ input: { shares: [100] } });
  });

  it.each([
    ['shares', 'some', 'Write percentages, such as 10, 50, 100.'],
    ['shares', '10, 50', 'The last share is 100.'],
    ['pauseSeconds', 'soon', 'Write a time, such as 90s, 10m or 1h.'],
    ['healthySeconds', '', 'Write a time, such as 90s, 10m or 1h.'],
    ['maxErrors', '', 'Write a whole number.'],
    ['atOnce', 'many', 'Write a whole number.'],
  ])('says of %s "%s" what to write', (key, text, message) => {
    expect(problems({ [key]: text })).toEqual({ [key]: message });
  });

  it('names every field that is wrong', () => {
    expect(Object.keys(problems({ shares: '20, 10', healthySeconds: '1s', mode: 'soon' })).sort()).toEqual([
      'healthySeconds',
      'mode',
      'shares',
    ]);
  });
});
