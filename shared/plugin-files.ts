/**
 * What editors, tests and interpreters leave behind is no part of a plugin, be it read from the plugins folder of the server or pushed.
 * @param name of a file or folder, without its path
 */
export const isLeftOver = (name: string): boolean =>
  name.startsWith('.') || name.endsWith('~') || name === '__pycache__' || /\.pyc$|\.test\.[^.]+$/.test(name);
