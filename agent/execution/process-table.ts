/** One process of the host, as the platform's own table tells it. */
export type ProcessRow = {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  readonly name: string;
  /** when it started, in the platform's own unit; a child's is never smaller than its parent's */
  readonly started: number;
  /** it has ended, and only its parent's wait is missing */
  readonly zombie: boolean;
};

export type ProcessTable = {
  readonly rows: readonly ProcessRow[];
  /** whether the process was started with all of these lines (`NAME=value`) in its environment; false if that cannot be read */
  environmentHolds(row: ProcessRow, lines: readonly string[]): boolean;
};

/** The tree to look for: its root, the lines that its processes carry in their environment, and members that were seen before. */
export type TreeSearch = {
  readonly pid: number;
  readonly started: number;
  readonly environment: readonly string[];
  /** pid → started; the children of these count even if the parent between has gone, and so does what is in a session or group of theirs */
  readonly known: ReadonlyMap<number, number>;
  /** the process that searches: never a member */
  readonly self: number;
};

/**
 * The living processes of a tree: the root, what is in its group or session, what carries its environment (a daemon that left group and
 * session still does), and every descendant of those.
 */
export function treeMembers(table: ProcessTable, tree: TreeSearch): ProcessRow[] {
  // a pid that has a new owner cannot name our group any more: the kernel reuses no pid while its group has members
  const owner = table.rows.find((row) => row.pid === tree.pid);
  const groupIsOurs = owner === undefined || owner.started === tree.started;
  const members = new Set<number>();
  const byPid = new Map(table.rows.map((row) => [row.pid, row]));
  // the same holds for every session and group of a member that is gone by now
  const wasLedByOurs = (leader: number): boolean => {
    const started = tree.known.get(leader);
    return started !== undefined && (byPid.get(leader)?.started ?? started) === started;
  };
  const belongs = (row: ProcessRow): boolean =>
    (groupIsOurs && (row.pid === tree.pid || row.group === tree.pid || row.session === tree.pid)) ||
    members.has(row.parent) ||
    members.has(row.group) ||
    members.has(row.session) ||
    tree.known.get(row.pid) === row.started ||
    wasLedByOurs(row.session) ||
    wasLedByOurs(row.group) ||
    table.environmentHolds(row, tree.environment);
  // what started before the root cannot descend from it
  let others = table.rows.filter((row) => row.started >= tree.started && row.pid > 1 && row.pid !== tree.self);
  for (let before = -1; before !== members.size; ) {
    before = members.size;
    others = others.filter((row) => {
      if (!belongs(row)) return true;
      members.add(row.pid);
      return false;
    });
  }
  return table.rows.filter((row) => members.has(row.pid) && !row.zombie);
}
