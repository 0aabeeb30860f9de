/** What `muster plugins new` writes for one runtime, besides plugin.json and README.md, which are much the same for all. */
export type Template = {
  readonly entry: string;
  /** its action takes arguments by position: scripts get them as words */
  readonly byPosition: boolean;
  readonly executable?: readonly string[];
  /** contents by path */
  readonly files: () => Readonly<Record<string, string>>;
  /** for its README */
  readonly further?: string;
};
