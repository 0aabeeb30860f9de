import { expect, test } from '@jest/globals';
import { oneOf, wholeNumber } from '../shared/setting-values.ts';
import { setting } from '../shared/settings.ts';
import { settingsTable, withSettingsTables } from './settings-table.ts';

const table = {
  config: setting({
    env: 'MUSTER_CONFIG',
    help: 'Where.',
    value: oneOf(['a', 'b']),
    default: undefined,
    defaultMeans: 'nowhere',
    notInFile: true,
  }),
  dataPort: setting({ env: 'MUSTER_PORT', help: 'Which.', value: wholeNumber(0, 9), default: 8 }),
};

test('each setting is a row with its variable, flag, key, default and meaning', () => {
  expect(settingsTable(table).split('\n').slice(2)).toEqual([
    '| `MUSTER_CONFIG` | `--config <a\\|b>` |  | nowhere | Where. |',
    '| `MUSTER_PORT` | `--data-port <number>` | `dataPort` | `8` | Which. |',
  ]);
});

test('the tables stand between their marks, and writing them again changes nothing', () => {
  const before = 'above\n<!-- settings:start -->\nold\n<!-- settings:end -->\nbelow\n';
  const after = withSettingsTables(before, { Server: table });
  expect(after).toMatch(/^above\n<!-- settings:start -->\n\n\*\*Server\*\*\n\n\| Variable .*<!-- settings:end -->\nbelow\n$/s);
  expect(after).not.toContain('old');
  expect(withSettingsTables(after, { Server: table })).toBe(after);
});

test('a text without the marks is refused', () => {
  expect(() => withSettingsTables('nothing here', {})).toThrow(/settings:start/);
});
