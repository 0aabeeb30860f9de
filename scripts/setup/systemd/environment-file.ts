/**
 * The settings of the service, one `MUSTER_…=value` a line, as systemd reads them: those that are given are set, and all other lines, also
 * comments and settings that somebody added, stay as they are.
 */
export function withSettings(present: string, settings: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(settings).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const isGiven = (line: string): boolean => given.some(([name]) => line.startsWith(`${name}=`));
  const kept = present.split('\n').filter((line) => line !== '' && !isGiven(line));
  const lines = [...kept, ...given.map(([name, value]) => `${name}=${quoted(value)}`)];
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

/** The value of a setting, as systemd reads it; undefined: it is not set. */
export function settingIn(text: string, name: string): string | undefined {
  const line = text.split('\n').findLast((each) => each.startsWith(`${name}=`));
  const value = line?.slice(name.length + 1).trim();
  return value?.replace(/^(["'])(.*)\1$/, (_, quote: string, inside: string) =>
    quote === '"' ? inside.replace(/\\(["\\$`])/g, '$1') : inside,
  );
}

const quoted = (value: string): string => (/^[\w@%+=:,./[\]-]*$/.test(value) ? value : `"${value.replace(/["\\$`]/g, '\\$&')}"`);
