/** What an engine brings to group commit: the verbs of its one writing connection, and what it can do as properties. */
export type WriteEngine<Transaction> = {
  /**
   * Queries settle without the event loop turning. A unit that is not over when it turns awaits something that is not a query; it is
   * rejected, because it would hold up everybody's writes, for ever if it waits for another `write`.
   */
  readonly settlesWithinTurn: boolean;
  begin(): Promise<void> | void;
  commit(): Promise<void> | void;
  rollback(): Promise<void> | void;
  savepoint(): Promise<void> | void;
  releaseSavepoint(): Promise<void> | void;
  /** Undoes what was done since `savepoint` and forgets the savepoint. */
  rollbackToSavepoint(): Promise<void> | void;
  /** false as well when the database itself has ended the transaction, as it may do when its disk is full */
  inTransaction(): boolean;
  openUnit(): UnitHandle<Transaction>;
  /** Puts an error of the driver into the words of the catalogue; others stay as they are. */
  explain(error: unknown): unknown;
};

/** The door of one unit to the transaction of its group. After `end` it lets nothing through. */
export type UnitHandle<Transaction> = { readonly transaction: Transaction; end(): void };
