import type { Json } from '../../shared/json.ts';

/** One connection to a database, whichever engine it is. One statement at a time. */
export type Session = {
  /** @param rows takes the rows; when it wants no more and nothing can change, the statement may be stopped on the server */
  run(statement: Statement, rows: RowTaker): Promise<Outcome>;
  begin(access: Access): Promise<void>;
  commit(): Promise<void>;
  rollback(): Promise<void>;
  /** Ends the statement that runs, on the server, too; `run` then rejects. May be called at any time, and again. */
  kill(): Promise<void>;
  /** Never rejects. */
  close(): Promise<void>;
};

export type Access = 'read-only' | 'read-write';

export type Statement = { readonly sql: string; readonly params?: Params };
/** by position or by name */
export type Params = readonly Json[] | Readonly<Record<string, Json>>;

export type RowTaker = {
  /** how much it takes at most, in rows and in characters of JSON */
  readonly room: Room;
  columns(names: readonly string[]): void;
  /** @returns false when it wants no more */
  row(values: readonly Json[]): boolean;
};

export type Room = { readonly rows: number; readonly chars: number };

export type Outcome = {
  /** rows that were changed; null where the engine does not say */
  readonly affected: number | null;
  /** the key that an `INSERT` made, where the engine says so */
  readonly insertId: Json;
};
