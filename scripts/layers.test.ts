import { describe, expect, test } from '@jest/globals';
import { findViolations, ladder } from './layers.ts';

/** What is wrong with `file` importing `target`, when both exist. */
function verdict(file: string, specifier: string, target?: string): string[] {
  const sources = new Map([[file, `import { x } from '${specifier}';\n`]]);
  if (target !== undefined) sources.set(target, '');
  return findViolations(sources).map(({ why }) => why);
}

describe('the table of layers', () => {
  test.each<[string, string, string | undefined]>([
    ['shared/ids.ts', 'zod', undefined],
    ['shared/ids.ts', './errors.ts', 'shared/errors.ts'],
    ['shared/ids.test.ts', '@jest/globals', undefined],
    ['agent/main.ts', 'ws', undefined],
    ['agent/main.ts', 'node:fs', undefined],
    ['agent/main.ts', '../shared/ids.ts', 'shared/ids.ts'],
    ['cli/main.ts', '../package.json', undefined],
    ['server/main.ts', './features/tasks/tasks.store.ts', 'server/features/tasks/tasks.store.ts'],
    ['server/features/tasks/tasks.service.ts', './tasks.store.ts', 'server/features/tasks/tasks.store.ts'],
    ['server/features/tasks/tasks.service.ts', '../agents/agents.service.ts', 'server/features/agents/agents.service.ts'],
    ['server/features/tasks/tasks.service.test.ts', '../agents/agents.store.ts', 'server/features/agents/agents.store.ts'],
    ['server/features/tasks/tasks.service.test.ts', '../../../tests/database.ts', 'tests/database.ts'],
    ['tests/fleet.test.ts', '../agent/main.ts', 'agent/main.ts'],
    ['scripts/start.ts', '../server/main.ts', 'server/main.ts'],
  ])('%s may import %s', (file, specifier, target) => {
    expect(verdict(file, specifier, target)).toEqual([]);
  });

  test.each<[string, string, string | undefined]>([
    ['shared/ids.ts', 'node:crypto', undefined],
    ['shared/ids.ts', 'ws', undefined],
    ['shared/ids.ts', '../server/main.ts', 'server/main.ts'],
    ['shared/ids.ts', '../tests/database.ts', 'tests/database.ts'],
    ['agent/main.ts', '../server/main.ts', 'server/main.ts'],
    ['agent/main.ts', '../cli/main.ts', 'cli/main.ts'],
    ['cli/main.ts', '../server/main.ts', 'server/main.ts'],
    ['cli/main.ts', '../agent/main.ts', 'agent/main.ts'],
    ['plugins/http/main.ts', '../../server/main.ts', 'server/main.ts'],
    ['plugins/http/main.ts', '../../agent/main.ts', 'agent/main.ts'],
    ['plugins/http/main.ts', '../../cli/main.ts', 'cli/main.ts'],
    ['server/main.ts', '../agent/main.ts', 'agent/main.ts'],
    ['server/platform/http/route.ts', '../../features/auth/auth.ts', 'server/features/auth/auth.ts'],
    ['server/platform/http/route.ts', '../../../agent/main.ts', 'agent/main.ts'],
    ['server/platform/http/route.ts', '../../main.ts', 'server/main.ts'],
    ['server/features/tasks/tasks.ts', '../../main.ts', 'server/main.ts'],
    ['server/features/tasks/tasks.ts', '../../../cli/main.ts', 'cli/main.ts'],
    ['server/features/tasks/tasks.ts', '../workflows/workflows.ts', 'server/features/workflows/workflows.ts'],
    ['server/features/tasks/tasks.service.ts', '../agents/agents.store.ts', 'server/features/agents/agents.store.ts'],
    ['server/features/tasks/tasks.routes.ts', './tasks.store.ts', 'server/features/tasks/tasks.store.ts'],
    ['server/features/tasks/tasks.pages.ts', './tasks.store.ts', 'server/features/tasks/tasks.store.ts'],
    ['server/features/unheard/unheard.ts', 'zod', undefined],
    ['elsewhere/a.ts', 'zod', undefined],
  ])('%s may not import %s', (file, specifier, target) => {
    expect(verdict(file, specifier, target)).toHaveLength(1);
  });

  test('each feature may import those before it on the ladder and none after it', () => {
    for (const [rung, feature] of ladder.entries()) {
      for (const [otherRung, other] of ladder.entries()) {
        const found = verdict(`server/features/${feature}/a.ts`, `../${other}/b.ts`, `server/features/${other}/b.ts`);
        expect([feature, other, found.length]).toEqual([feature, other, otherRung <= rung ? 0 : 1]);
      }
    }
  });
});

describe('imports are found', () => {
  test.each([
    ["import type { A } from './b.ts';"],
    ["import {\n  A,\n  B,\n} from './b.ts';"],
    ["import './b.ts';"],
    ["export { A } from './b.ts';"],
    ["export * from './b.ts';"],
    ["const b = await import('./b.ts');"],
  ])('%s', (source) => {
    expect(findViolations(new Map([['cli/a.ts', source]])).map(({ imported }) => imported)).toEqual(['./b.ts']);
  });

  test('a violation names the line', () => {
    const [violation] = findViolations(new Map([['shared/a.ts', "import { z } from 'zod';\n\nimport ws from 'ws';\n"]]));
    expect(violation).toMatchObject({ file: 'shared/a.ts', line: 3, imported: 'ws' });
  });

  test('an import that names no real file is refused, because Node would not find it', () => {
    expect(verdict('cli/a.ts', './b.js', 'cli/b.ts')).toHaveLength(1);
    expect(verdict('cli/a.ts', './b', 'cli/b.ts')).toHaveLength(1);
    expect(verdict('cli/a.ts', '.', 'cli/index.ts')).toHaveLength(1);
  });
});
