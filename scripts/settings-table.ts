import { flagOf, type SettingsTable } from '../shared/settings.ts';

const start = '<!-- settings:start -->';
const end = '<!-- settings:end -->';

/** Puts the tables between their two marks; the rest of the text stays as it is. */
export function withSettingsTables(text: string, tables: Readonly<Record<string, SettingsTable>>): string {
  const from = text.indexOf(start);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error(`The marks ${start} and ${end} are missing.`);
  const generated = Object.entries(tables).map(([title, table]) => `**${title}**\n\n${settingsTable(table)}`);
  return `${text.slice(0, from + start.length)}\n\n${generated.join('\n\n')}\n\n${text.slice(to)}`;
}

export function settingsTable(table: SettingsTable): string {
  const rows = Object.entries(table).map(([key, { env, help, value, default: fallback, defaultMeans, notInFile }]) => [
    `\`${env}\``,
    `\`${flagOf(key)} <${value.placeholder}>\``,
    notInFile ? '' : `\`${key}\``,
    defaultMeans ?? (fallback === undefined ? '' : `\`${fallback}\``),
    help,
  ]);
  return [['Variable', 'Flag', 'Key in the file', 'Default', 'Meaning'], ['---', '---', '---', '---', '---'], ...rows]
    .map(line)
    .join('\n');
}

const line = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
