export type ArtifactsTable = {
  execution_id: string;
  name: string;
  /** the latest one that stored a file of this name */
  attempt: number;
  bytes: number;
  sha256: string;
  stored_at: number;
  /** why its content was not kept; null: it is there */
  refused: string | null;
};
