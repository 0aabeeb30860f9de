import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { pluginManifest } from '../shared/plugin-manifest.ts';

const folder = import.meta.dirname;
const names = readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));

describe.each(names)('the bundled plugin %s', (name) => {
  const manifest = pluginManifest.parse(JSON.parse(readFileSync(join(folder, name, 'plugin.json'), 'utf8')));

  it('bears the name of its folder and says what it does', () => {
    expect(manifest.name).toBe(name);
    expect(manifest.description).not.toBe('');
    expect(manifest.version).not.toBe('0.0.0');
  });

  it.each(Object.entries(manifest.actions))(
    'explains %s, with examples that fit its schema',
    (_action, { title, description, args, examples = [] }) => {
      const ajv = new Ajv2020({
        allErrors: true,
        strict: true,
        allowUnionTypes: true,
        strictTypes: false,
        strictTuples: false,
        strictRequired: false,
      });
      const validate = ajv.compile(args ?? {});
      expect([title, description]).not.toContain(undefined);
      expect(examples).not.toEqual([]);
      for (const example of examples) expect([example, validate(example), validate.errors]).toEqual([example, true, null]);
      for (const wrong of ['text', 7, { surprise: 1 }]) expect([wrong, validate(wrong)]).toEqual([wrong, false]);
    },
  );

  it('runs without anything but itself and Node', () => {
    const imports = [
      ...readFileSync(join(folder, name, manifest.entry), 'utf8').matchAll(/^import (?!type )[^;]* from '([^']+)'/gm),
    ];
    expect(imports.filter(([, from]) => !from?.startsWith('node:') && !from?.startsWith('./'))).toEqual([]);
  });
});
