/** Executions that ended in one minute, by how. */
export type ThroughputTable = {
  /** ms since the epoch of its beginning */
  minute: number;
  succeeded: number;
  /** states that count as an error */
  failed: number;
  other: number;
};

/** What happens once in the life of a server. */
export type MilestonesTable = {
  name: 'welcomed';
  reached_at: number;
  reached_by: string;
};
