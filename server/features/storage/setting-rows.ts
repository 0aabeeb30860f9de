import { type ServerSettings, serverSettings } from '../../../shared/settings-server.ts';
import { format } from '../../platform/web/format.ts';

/** A setting as the page shows it. */
export type SettingRow = {
  readonly env: string;
  /** what it is, in the words of its declaration */
  readonly help: string;
  readonly value: string;
  readonly isDefault: boolean;
};

export type NumberSetting = {
  readonly [Key in keyof ServerSettings]: ServerSettings[Key] extends number ? Key : never;
}[keyof ServerSettings];

export const settingRow = (settings: ServerSettings, key: NumberSetting): SettingRow => {
  const { env, help, default: usual } = serverSettings[key];
  const value = settings[key];
  return { env, help, value: valueText(key, value), isDefault: value === usual };
};

function valueText(key: NumberSetting, value: number): string {
  if (/Bytes$/.test(key)) return format.bytes(value);
  if (/Days$/.test(key)) return value === 0 ? (unlimited[key] ?? 'for ever') : format.plural(value, 'day');
  if (/Hours$/.test(key)) return format.plural(value, 'hour');
  return value === 0 ? (unlimited[key] ?? 'none') : format.count(value);
}

/** What 0 means, where it means anything. */
const unlimited: Partial<Record<NumberSetting, string>> = {
  keepRunsCount: 'no limit',
  keepLogsDays: 'as long as the run',
  keepPluginVersions: 'all',
};
