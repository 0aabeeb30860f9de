/** Where the words of `npm start` go, and the folder that its paths are written relative to. */
export type Terminal = {
  readonly cwd: string;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
};
