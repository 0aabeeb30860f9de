import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { instants, markerPattern } from './instants.ts';
import { protections } from './protections.ts';
import { sourceChanges, withInstants, withoutProtection } from './source-change.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const source = (file: string): string => readFileSync(join(root, file), 'utf8');

const markersIn = (file: string): string[] => [...source(file).matchAll(markerPattern)].map(([, name]) => name ?? '');

describe('the named instants', () => {
  const files = ['server', 'agent', 'shared', 'cli', 'bin', 'plugins'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.[jt]s$/.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name).slice(root.length)),
  );

  it.each(instants.map(({ name, file }) => [name, file]))('%s is marked in its file exactly once', (name, file) => {
    expect(markersIn(file).filter((marked) => marked === name)).toHaveLength(1);
  });

  it('are all that is marked in the product', () => {
    const marked = files.flatMap((file) => markersIn(file).map((name) => `${name} in ${file}`));
    expect(marked.sort()).toEqual(instants.map(({ name, file }) => `${name} in ${file}`).sort());
  });

  it('become calls on the same lines, and nothing else changes', () => {
    expect(withInstants('a();\n  // instant: run-committed\nb();')).toBe(
      "a();\nglobalThis.musterInstant?.('run-committed');\nb();",
    );
    for (const [file, change] of sourceChanges([])) {
      const text = source(file);
      expect(change(text).split('\n')).toHaveLength(text.split('\n').length);
    }
  });
});

describe('the protections', () => {
  it.each(protections.map((protection) => [`${protection.name} in ${protection.file}`, protection] as const))(
    '%s can still be turned off',
    (_name, protection) => {
      expect(withoutProtection(source(protection.file), protection)).not.toBe(source(protection.file));
    },
  );

  it('are missed loudly when the product has changed', () => {
    expect(() => withoutProtection('other', { name: 'x', file: 'f', find: 'gone', replace: '' })).toThrow(/0 times in f/);
  });
});
