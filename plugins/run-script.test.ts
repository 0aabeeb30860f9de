import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';

it('the plugins for scripts hold the same way of running one', () => {
  const texts = ['bash', 'node', 'powershell', 'python', 'shell'].map((name) =>
    readFileSync(join(import.meta.dirname, name, 'run-script.ts'), 'utf8'),
  );
  expect(new Set(texts).size).toBe(1);
});
