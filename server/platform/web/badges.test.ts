import { describe, expect, test } from '@jest/globals';
import { agentStatuses } from '../../../shared/api/agents.ts';
import { taskStatuses } from '../../../shared/api/tasks.ts';
import { runStates } from '../../../shared/run-states.ts';
import { executionStates } from '../../../shared/states.ts';
import { hostUpdateStates, updateStates } from '../../../shared/update-states.ts';
import { badge, badgeWords } from './badges.ts';
import { iconNames } from './icons.ts';

describe('state badges', () => {
  test('every state of executions, runs, tasks, agents and updates has one', () => {
    const words = [...executionStates, ...runStates, ...taskStatuses, ...agentStatuses, ...updateStates, ...hostUpdateStates];
    for (const word of words) expect(badgeWords).toContain(word);
  });

  test('execution states are told apart by their icons alone', () => {
    const icons = executionStates.map((state) => badge(state).icon);
    expect(new Set(icons).size).toBe(icons.length);
  });

  test('every icon is in the sprite', () => {
    for (const word of [...badgeWords, 'a word of tomorrow']) expect(iconNames).toContain(badge(word).icon);
  });
});
