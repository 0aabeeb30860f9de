/** What no index tells: it is checked on rows that the other filters leave, newest first, so many at a time. */
export type ExecutionTraits = {
  /** the plugin of the run */
  readonly plugin?: string | undefined;
  readonly reason?: string | undefined;
  /** part of the message or of the sentence why, in upper or lower case */
  readonly text?: string | undefined;
};

/** So many rows are looked at for one page: some tens of milliseconds at most, however long the history is, unless they must come from the disk. */
export const rowsLookedAt = 5000;
