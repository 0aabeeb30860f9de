import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { pluginManifest } from '../shared/plugin-manifest.ts';

const docs = join(import.meta.dirname, '../docs/plugins');
const table = readFileSync(join(docs, 'README.md'), 'utf8');

describe.each(['shell', 'bash', 'powershell', 'python', 'node', 'http', 'file', 'sql', 'service', 'package'])(
  'the page of %s',
  (name) => {
    const manifest = pluginManifest.parse(JSON.parse(readFileSync(join(import.meta.dirname, name, 'plugin.json'), 'utf8')));
    const page = readFileSync(join(docs, `${name}.md`), 'utf8');

    it.each(Object.entries(manifest.actions))(
      'has every argument and example of %s, and the table has the action',
      (action, { args, examples = [] }) => {
        const names = Object.keys((args?.properties ?? {}) as Record<string, unknown>);
        expect(names.filter((each) => !page.includes(`| \`${each}\``))).toEqual([]);
        const shown = page
          .split('\n')
          .flatMap((line) => (/^[{[]/.test(line) ? [line] : []))
          .map((line) => JSON.stringify(JSON.parse(line)));
        expect(examples.filter((example) => !shown.includes(JSON.stringify(example)))).toEqual([]);
        expect(table).toContain(`| [${name}](${name}.md) | \`${action}\` |`);
      },
    );
  },
);
