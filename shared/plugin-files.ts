/**
 * What editors, tests, compilers and interpreters need or leave behind is no part of a plugin, be it read from the plugins folder of the server or pushed.
 * @param name of a file or folder, without its path
 */
export const isLeftOver = (name: string): boolean =>
  name.startsWith('.') ||
  name.endsWith('~') ||
  ['__pycache__', 'tsconfig.json', 'package-lock.json'].includes(name) ||
  /\.pyc$|\.test\.[^.]+$|\.d\.[cm]?ts$/.test(name);
