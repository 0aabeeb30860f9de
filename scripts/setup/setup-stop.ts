/** Ends a set-up with a sentence for the person and an exit code of docs/setup.md for the program that called it. */
export class SetupStop extends Error {
  readonly exitCode: number;
  constructor(exitCode: number, sentence: string) {
    super(sentence);
    this.exitCode = exitCode;
  }
}

export const setupCodes = {
  unexpected: 1,
  wrongOption: 2,
  notSupported: 3,
  noRights: 4,
  notReached: 5,
  notTheServer: 6,
  noSpace: 7,
  notUp: 10,
  clockFarOff: 11,
} as const;
