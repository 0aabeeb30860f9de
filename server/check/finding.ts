/** One line of what was looked at, as `muster doctor` prints it. */
export type Finding = {
  readonly level: 'ok' | 'warn' | 'fail';
  readonly what: string;
  readonly detail: string;
  /** what to do */
  readonly remedy?: string;
};
