/** An option as the script that was called takes it: `--server-url`, or `-ServerUrl` on Windows. */
export const spelled = (option: string, platform: NodeJS.Platform = process.platform): string =>
  platform === 'win32' ? spellPowerShell(option) : spellPosix(option);

export const spellPosix = (option: string): string => `--${option}`;

export const spellPowerShell = (option: string): string =>
  `-${option.replace(/(^|-)([a-z])/g, (_, __, letter: string) => letter.toUpperCase())}`;
